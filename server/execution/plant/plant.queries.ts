import { asc, eq, inArray, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { saidByHand } from "../manual/manual.queries.ts";
import type { PlantView, Signal } from "./plant.contract.ts";

/** The equipment tree as an administrator sees it, and who says what each machine does. */
export async function readPlant(db: Db | Tx): Promise<PlantView> {
  const [site] = await db
    .select({ id: equipment.id, name: equipment.name, timeZone: equipment.timeZone })
    .from(equipment)
    .where(eq(equipment.level, "site"))
    .limit(1);
  const below = await db
    .select()
    .from(equipment)
    .where(inArray(equipment.level, ["area", "line"]))
    .orderBy(asc(equipment.name), asc(equipment.id));
  const areas = below.filter(({ level }) => level === "area");
  const lines = below.filter(({ level }) => level === "line");
  const machines = await db
    .select({
      id: workUnit.id,
      lineId: workUnit.lineId,
      code: workUnit.code,
      name: workUnit.name,
      kind: workUnit.kind,
      positions: workUnit.positions,
      positionNames: workUnit.positionNames,
      leavesAt: workUnit.leavesAt,
      flowPosition: workUnit.flowPosition,
      microStopMs: workUnit.microStopMs,
      staleMs: workUnit.staleMs,
      targetShare: workUnit.targetShare,
      retiredAt: workUnit.retiredAt,
      signal: sql<Signal>`case when ${saidByHand(sql`work_unit.id`)} then 'manual'
        when exists (select from tag t join source s on s.id = t.source_id
          where t.machine_id = work_unit.id and t.meaning = 'state' and t.enabled and s.enabled) then 'connected'
        else 'none' end`,
    })
    .from(workUnit)
    .orderBy(asc(workUnit.flowPosition), asc(workUnit.id));
  return {
    site: site === undefined ? null : { id: site.id, name: site.name, timeZone: site.timeZone ?? "UTC" },
    areas: areas.map(({ id, code, name, retiredAt }) => ({ id, code, name, retiredAt: msOf(retiredAt) })),
    lines: lines.map(({ id, code, name, parentId, retiredAt }) => ({
      id,
      code,
      name,
      areaId: areas.find((area) => area.id === parentId)?.id ?? null,
      retiredAt: msOf(retiredAt),
      machines: machines
        .filter((m) => m.lineId === id)
        .map(({ lineId: _line, ...machine }) => ({
          ...machine,
          retiredAt: msOf(machine.retiredAt),
          leavesAt: msOf(machine.leavesAt),
        })),
    })),
  };
}

const msOf = (at: Date | null): number | null => at?.getTime() ?? null;
