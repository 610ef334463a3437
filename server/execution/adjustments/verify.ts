import type { Db } from "#db/client.ts";
import { latestOfMachine, type LatestSignal } from "#server/execution/detection/signals.queries.ts";
import type { KpiResult, Verification } from "./adjustments.contract.ts";
import {
  contextChanges,
  lastChangeBefore,
  meanBetween,
  measureKpi,
  secondChange,
  type Windows,
} from "./measure.queries.ts";
import type { Kpi } from "./plan.contract.ts";
import type { Adjustment } from "./record.ts";
import { judge, judgeEcho, judgeProcess, type Verdict, type VerdictInput } from "./verify.rules.ts";

/** Does the machine say the new set-point by now? `signals`: the machine's newest readings. */
export function lookForEcho(row: Adjustment, signals: readonly LatestSignal[], now: number) {
  const setpoint = signals.find((s) => s.tagId === row.tagId);
  const heard = setpoint?.num != null && setpoint.at !== null && setpoint.quality < 2;
  return judgeEcho({
    now,
    sentAt: row.sentAt?.getTime() ?? now,
    t1Ms: row.plan.t1Ms,
    newValue: row.newValue,
    tolerance: row.limits.tolerance,
    // The gate saw the old value just before it was sent: the new one can only be an echo.
    readings: heard ? [{ at: setpoint.at ?? now, value: setpoint.num ?? 0 }] : [],
  });
}

/** Blocks of "before" beyond the deviation's own time, where that was too short to know anything. */
const blocksAtLeast = 5;

/** Everything that is known of the effect by `now`, and the verdict if there is one. Reads only what is stored. */
export async function measure(
  db: Db,
  row: Adjustment,
  since: number | null,
  now: number,
): Promise<{ verification: Verification; verdict: Verdict | null }> {
  const { plan } = row;
  const sentAt = row.sentAt?.getTime() ?? now;
  const effectiveAt = row.effectiveAt?.getTime() ?? now;
  const signals = await latestOfMachine(db, row.machineId, now);
  const interrupted = await whatEndedIt(db, row, signals, sentAt, now);

  // "Before" is the time of the deviation, of one and the same context, and not longer than the plan says.
  const earliest = sentAt - plan.beforeMs;
  const ofDeviation = Math.min(since ?? earliest, sentAt - blocksAtLeast * plan.blockMs);
  const changes = await contextChanges(db, row.machineId, earliest, sentAt);
  const other = await lastChangeBefore(db, row, sentAt, plan.beforeMs + plan.settleMs);
  const start = Math.max(earliest, ofDeviation, changes.at(-1) ?? earliest, (other ?? 0) + plan.settleMs);
  const windows: Windows = {
    before: { start, end: sentAt },
    after: { start: effectiveAt + plan.settleMs, end: Math.min(now, effectiveAt + plan.t3Ms) },
    blockMs: plan.blockMs,
    blocksLeast: plan.blocksLeast,
    alpha: plan.alpha,
  };
  const kpiOf = (kpi: Kpi): Promise<KpiResult | null> => measureKpi(db, kpi, windows);
  const process = await processOf(db, row, signals, sentAt, now);
  const kpi = plan.kpi === null ? null : await kpiOf(plan.kpi);
  const guards: KpiResult[] = [];
  for (const guard of plan.guards) {
    const result = await kpiOf(guard);
    if (result !== null) guards.push(result);
  }
  const verdict = judge({
    now,
    effectiveAt,
    t2Ms: plan.t2Ms,
    t3Ms: plan.t3Ms,
    interrupted,
    process: process?.says ?? (plan.process === null ? null : "not_yet"),
    kpi,
    guards,
    measured: plan.kpi !== null,
  });
  const before = row.verification as Verification | null;
  const verification: Verification = {
    phase: verdict !== null ? "done" : now - effectiveAt < plan.settleMs ? "process" : "kpi",
    deadlines: { echo: sentAt + plan.t1Ms, process: effectiveAt + plan.t2Ms, kpi: effectiveAt + plan.t3Ms },
    echo: before?.echo ?? null,
    process,
    kpi,
    guards,
    reason: verdict?.reason ?? null,
  };
  return { verification, verdict };
}

/** What from outside makes the effect unknowable: another job, tool or lot, another change, somebody's hand. */
async function whatEndedIt(
  db: Db,
  row: Adjustment,
  signals: readonly LatestSignal[],
  sentAt: number,
  now: number,
): Promise<VerdictInput["interrupted"]> {
  const setpoint = signals.find((s) => s.tagId === row.tagId);
  if (
    setpoint?.num != null &&
    setpoint.quality < 2 &&
    Math.abs(setpoint.num - row.newValue) > row.limits.tolerance
  )
    return "operator_moved";
  const remote = signals.find((s) => s.meaning === "remote");
  if (remote?.num === 0 && remote.quality < 2) return "local_control";
  if ((await contextChanges(db, row.machineId, sentAt, now)).length > 0) return "context_changed";
  return (await secondChange(db, row, sentAt, now)) ? "second_change" : null;
}

async function processOf(
  db: Db,
  row: Adjustment,
  signals: readonly LatestSignal[],
  sentAt: number,
  now: number,
): Promise<Verification["process"]> {
  const { plan } = row;
  if (plan.process === null) return null;
  const { tagId, slope, noise } = plan.process;
  const signal = signals.find((s) => s.tagId === tagId);
  const before = await meanBetween(db, tagId, sentAt - plan.blockMs, sentAt);
  const current = await meanBetween(db, tagId, Math.max(sentAt, now - plan.blockMs), now);
  if (signal === undefined || before === null || current === null) return null;
  const setpointChange = row.newValue - row.oldValue;
  return {
    tag: { id: tagId, name: signal.name, unit: signal.unit, decimals: signal.decimals },
    before,
    now: current,
    expected: before + slope * setpointChange,
    says: judgeProcess({ before, now: current, setpointChange, slope, noise }),
  };
}
