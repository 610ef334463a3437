import type { Db } from "#db/client.ts";
import { tag } from "#db/schema/device/tags.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Topology } from "./rooms.rules.ts";

/** Reads where every machine stands and what every tag belongs to: some thousand rows. */
export async function readTopology(db: Db): Promise<Topology> {
  const machines = await db.select({ id: workUnit.id, lineId: workUnit.lineId }).from(workUnit);
  const tags = await db.select({ id: tag.id, machineId: tag.machineId }).from(tag);
  const lineOf = new Map(machines.map((machine) => [machine.id, machine.lineId]));
  const machineOfTag = new Map(tags.map((one) => [one.id, one.machineId]));
  const machinesOf = new Map<number, number[]>();
  for (const { id, lineId } of machines) machinesOf.set(lineId, [...(machinesOf.get(lineId) ?? []), id]);
  return {
    lineOf: (machineId) => lineOf.get(machineId),
    machinesOf: (lineId) => machinesOf.get(lineId) ?? [],
    machineOfTag: (tagId) => machineOfTag.get(tagId),
  };
}
