import { createHash } from "node:crypto";
import { and, eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { reflex } from "#db/schema/edge/ingest.ts";
import { assetMount, equipment, physicalAsset, workUnit } from "#db/schema/execution/plant.ts";
import { edgeCode, ovenPositions, plantMachines, plantSources } from "#server/device/simulator/layout.ts";
import { opcUaConfigOf } from "#server/device/simulator/opcua-nodes.ts";
import { metricsFor } from "#server/device/simulator/metrics.ts";
import { drivenBy, lines, nameOf, normalBands, plantTimes, staleMs, stateSilenceMs } from "./catalogue.ts";

const sha256 = (token: string): Buffer => createHash("sha256").update(token).digest();

export interface SeededPlant {
  readonly lineIds: ReadonlyMap<string, number>;
  readonly machineIds: ReadonlyMap<string, number>;
}

/** With what edge and machines are let in, and where they are reached. */
interface Doors {
  readonly edge: string;
  readonly packer: string;
  readonly cell: { readonly url: string; readonly thumbprint: string };
}

/** Equipment, machines, the edge with its sources, tags and reflexes. Into an empty plant; in one transaction. */
export async function seedPlant(
  tx: Tx,
  speed: number,
  { edge: edgeToken, packer, cell }: Doors,
  now: number,
): Promise<SeededPlant> {
  const lineIds = await seedEquipment(tx);
  const edgeId = idOf(
    await tx
      .insert(edge)
      .values({ code: edgeCode, name: "Edge in hall 1", tokenHash: sha256(edgeToken) })
      .returning({ id: edge.id }),
  );
  const sourceIds = new Map<string, number>();
  for (const { code, driver, config: fixed } of plantSources) {
    const config = driver === "opcua" ? opcUaConfigOf(code, speed, cell) : fixed;
    const tokenHash = driver === "socketio" ? sha256(packer) : null;
    sourceIds.set(
      code,
      idOf(
        await tx
          .insert(source)
          .values({ edgeId, code, driver, config, tokenHash })
          .returning({ id: source.id }),
      ),
    );
  }

  const machineIds = new Map<string, number>();
  for (const [i, machine] of plantMachines.entries()) {
    const id = idOf(
      await tx
        .insert(workUnit)
        .values({
          lineId: lineIds.get(machine.line) ?? 0,
          code: machine.code,
          name: nameOf(machine.code),
          kind: machine.kind,
          flowPosition: i + 1,
          positions: machine.kind === "oven" ? ovenPositions : 1,
          microStopMs: Math.round((plantTimes.microStopS * 1000) / speed),
          staleMs,
          // Somebody must be able to read it and to press Hold, however fast the plant runs.
          announceMs: Math.max(8000, Math.round((plantTimes.announceS * 1000) / speed)),
        })
        .returning({ id: workUnit.id }),
    );
    machineIds.set(machine.code, id);
    await seedTags(tx, machine, id, sourceIds.get(machine.source) ?? 0, speed);
    if (machine.kind === "press") await seedPress(tx, id, machine.code, machine.perCycle, speed, now);
  }
  return { lineIds, machineIds };
}

async function seedEquipment(tx: Tx): Promise<Map<string, number>> {
  const enterprise = idOf(
    await tx
      .insert(equipment)
      .values({ level: "enterprise", code: "millwright", name: "Millwright" })
      .returning({ id: equipment.id }),
  );
  const site = idOf(
    await tx
      .insert(equipment)
      .values({
        parentId: enterprise,
        level: "site",
        code: "works",
        name: "Millwright Works",
        timeZone: "Europe/Berlin",
      })
      .returning({ id: equipment.id }),
  );
  const ids = new Map<string, number>();
  for (const { code, name } of lines)
    ids.set(
      code,
      idOf(
        await tx
          .insert(equipment)
          .values({ parentId: site, level: "line", code, name })
          .returning({ id: equipment.id }),
      ),
    );
  return ids;
}

async function seedTags(
  tx: Tx,
  machine: (typeof plantMachines)[number],
  machineId: number,
  sourceId: number,
  speed: number,
): Promise<void> {
  const ids = new Map<string, number>();
  for (const metric of metricsFor(machine.kind, speed)) {
    const [low, high] = normalBands[metric.name] ?? [null, null];
    const id = idOf(
      await tx
        .insert(tag)
        .values({
          sourceId,
          machineId,
          metric: `${machine.code}/${metric.name}`,
          name: metric.title,
          meaning: metric.meaning,
          datatype: metric.datatype,
          unit: metric.unit,
          decimals: metric.decimals,
          deadband: metric.deadband,
          maxSilenceMs: metric.meaning === "state" ? stateSilenceMs : metric.maxSilenceMs,
          expectedMs: metric.expectedMs,
          aggregateMs: metric.aggregateMs,
          low: metric.low,
          high: metric.high,
          normalLow: low,
          normalHigh: high,
          writable: metric.writable,
        })
        .returning({ id: tag.id }),
    );
    ids.set(metric.name, id);
  }
  for (const [value, setpoint] of Object.entries(drivenBy)) {
    const [id, setpointTagId] = [ids.get(value), ids.get(setpoint)];
    if (id !== undefined && setpointTagId !== undefined)
      await tx.update(tag).set({ setpointTagId }).where(eq(tag.id, id));
  }
}

/** Above this the melt burns, °C; the machine trips by itself only at 285. */
const hotMeltC = 278;

/** The tool in the press, and what the edge does by itself when the melt runs away. */
async function seedPress(
  tx: Tx,
  machineId: number,
  code: string,
  cavities: number,
  speed: number,
  now: number,
): Promise<void> {
  const [tool] = await tx
    .insert(physicalAsset)
    .values({
      kind: "tool",
      serial: `T-${code}`,
      name: `Tool with ${cavities} cavities`,
      lifeCycles: 1_000_000,
      cavities,
    })
    .returning({ id: physicalAsset.id });
  if (tool !== undefined)
    await tx
      .insert(assetMount)
      .values({ machineId, assetId: tool.id, during: { start: now - 90 * 86_400_000, end: null } });
  const tagOf = async (name: string) => {
    const [row] = await tx
      .select({ id: tag.id })
      .from(tag)
      .where(and(eq(tag.machineId, machineId), eq(tag.metric, `${code}/${name}`)));
    return row?.id ?? 0;
  };
  const condition = { op: ">" as const, value: hotMeltC, forMs: Math.round(20_000 / speed), hysteresis: 10 };
  // Only press 2 has a named risk assessment, so only there may the edge ask for a stop; elsewhere it reports.
  const mayStop = code === "press-2";
  await tx.insert(reflex).values({
    machineId,
    tagId: await tagOf("MeltTemperature"),
    condition,
    action: mayStop ? "request_stop" : "report",
    stop: mayStop ? { tagId: await tagOf("StopRequest"), value: true } : null,
    riskAssessment: mayStop ? "RA-2026-014 Controlled stop of press 2 at melt over-temperature" : null,
  });
}

function idOf(rows: readonly { readonly id: number }[]): number {
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("the database gave no id");
  return id;
}
