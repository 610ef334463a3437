import { eq } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { tag } from "#db/schema/device/tags.ts";
import { detectionRule } from "#db/schema/execution/detection.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import {
  type ConsumedReading,
  type Consumer,
  type ConsumerContext,
  nothingNeeded,
  sameTags,
} from "#server/execution/ingest/consumer.ts";
import { clearDeviation, followDeviation, openDeviation } from "./detection.commands.ts";
import { type Detector, type DetectorState, hear } from "./detectors.rules.ts";
import type { Finding } from "./evidence.rules.ts";
import { DriftParameters, RunOutParameters, SlowdownParameters } from "./parameters.contract.ts";
import { hearState, type Running, unknownState } from "./running.rules.ts";
import { type Standard, standardsAt } from "./standards.queries.ts";

/** What the consumer remembers of one rule, in the transaction that writes what it found. */
interface Memory {
  readonly state?: DetectorState;
  /** The open deviation, and the judged values since it was last told of. */
  readonly open: { readonly id: string; readonly recent: readonly number[]; readonly told: number } | null;
}

/** After so many judged values an open deviation tells the screens, and the proposal engine, what is new. */
const tellEvery = 3;
const rulesLastMs = 2000;
const actor = serviceActor("detection");

/**
 * The three detectors on the readings as they were stored. Late and buffered time is looked at by charts and
 * figures, not here: a historical batch raises no deviation and does not move the detectors.
 */
export function createDetectionConsumer(): Consumer {
  let cache: { at: number; byTag: Map<number, Detector[]> } | null = null;
  let needed = nothingNeeded;

  async function detectors(db: Db | Tx, now: number): Promise<Map<number, Detector[]>> {
    if (cache === null || now - cache.at > rulesLastMs || now < cache.at)
      cache = { at: now, byTag: await loadRules(db) };
    return cache.byTag;
  }

  return {
    name: "detection",
    async needs(db, now) {
      needed = sameTags(needed, (await detectors(db, now)).keys());
      return needed;
    },
    // States are rare and last: who begins to look at a machine must know whether it runs.
    wants: (t, rules) => t.meaning === "state" || rules.has(t.id),
    async process(context, readings) {
      if (context.historical) return;
      const byTag = await detectors(context.tx, context.now);
      const standards = await standardsOf(context.tx, readings, byTag);
      const memories = new Map<number, Memory>();
      const runs = new Map<number, Running>();
      const runningOf = (machineId: number): Running => {
        const known =
          runs.get(machineId) ?? context.state.get<Running>(`running:${machineId}`) ?? unknownState;
        runs.set(machineId, known);
        return known;
      };
      for (const reading of readings) {
        const { machineId, sourceTime: at } = reading;
        if (reading.meaning === "state") {
          if (reading.txt !== null && reading.quality < 2)
            runs.set(machineId, hearState(runningOf(machineId), at, reading.txt));
          continue;
        }
        for (const detector of byTag.get(reading.tagId) ?? []) {
          const { ruleId } = detector;
          const memory = memories.get(ruleId) ??
            context.state.get<Memory>(`rule:${ruleId}`) ?? { open: null };
          const heard = {
            at,
            value: reading.num,
            quality: reading.quality,
            standard: standards.get(reading) ?? null,
          };
          const { state, findings } = hear(detector, memory.state, heard, runningOf(machineId));
          let open = memory.open;
          for (const finding of findings) open = await act(context, detector, open, finding);
          memories.set(ruleId, { state, open });
        }
      }
      for (const [machineId, running] of runs) context.state.set(`running:${machineId}`, running);
      for (const [ruleId, memory] of memories) context.state.set(`rule:${ruleId}`, memory);
    },
  };
}

async function loadRules(db: Db | Tx): Promise<Map<number, Detector[]>> {
  const rows = await db
    .select({ rule: detectionRule, unit: tag.unit })
    .from(detectionRule)
    .innerJoin(tag, eq(tag.id, detectionRule.tagId))
    .where(eq(detectionRule.enabled, true));
  const byTag = new Map<number, Detector[]>();
  for (const { rule, unit } of rows) {
    const { id: ruleId, machineId, kind, parameters } = rule;
    const base = { ruleId, machineId, unit };
    const detector: Detector =
      kind === "slowdown"
        ? { ...base, kind, parameters: SlowdownParameters.parse(parameters) }
        : kind === "temperature_drift"
          ? { ...base, kind, parameters: DriftParameters.parse(parameters) }
          : { ...base, kind, parameters: RunOutParameters.parse(parameters) };
    byTag.set(rule.tagId, [...(byTag.get(rule.tagId) ?? []), detector]);
  }
  return byTag;
}

/** Product and ideal cycle of every finished cycle of the batch, by source time, in one question. */
async function standardsOf(
  tx: Tx,
  readings: readonly ConsumedReading[],
  byTag: ReadonlyMap<number, readonly Detector[]>,
): Promise<Map<ConsumedReading, Standard>> {
  const cycles = readings.filter((r) => byTag.get(r.tagId)?.some((d) => d.kind === "slowdown") ?? false);
  const found = await standardsAt(
    tx,
    cycles.map((r) => ({ machineId: r.machineId, at: r.sourceTime })),
  );
  return new Map(cycles.flatMap((reading, i) => (found[i] === undefined ? [] : [[reading, found[i]]])));
}

/** Turns a finding into what stands in the record. */
async function act(
  { tx, now }: ConsumerContext,
  { ruleId, unit }: Detector,
  open: Memory["open"],
  { event, point, evidence, since }: Finding,
): Promise<Memory["open"]> {
  const within = { tx, now, actor };
  if (event === "opened" && point !== null && evidence !== null) {
    const id = stableId(`deviation:${ruleId}:${point.at}`);
    const recent = evidence.series.map((p) => p.value).slice(-12);
    await openDeviation.within(within, stableId(`open:${id}`), {
      id,
      ruleId,
      since: since ?? point.at,
      seenAt: point.at,
      evidence: { ...evidence, unit: evidence.unit ?? unit },
      latest: { ...point, recent },
    });
    return { id, recent, told: 0 };
  }
  if (open === null || point === null) return open;
  if (event === "cleared") {
    await clearDeviation.within(within, stableId(`clear:${open.id}:${point.at}`), {
      id: open.id,
      at: point.at,
    });
    return null;
  }
  const recent = [...open.recent, point.value].slice(-12);
  if (open.told + 1 < tellEvery) return { ...open, recent, told: open.told + 1 };
  await followDeviation.within(within, stableId(`follow:${open.id}:${point.at}`), {
    id: open.id,
    latest: { ...point, recent },
  });
  return { ...open, recent, told: 0 };
}
