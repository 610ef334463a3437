import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { periodOf } from "#db/sql.ts";
import { correctionRun, countCorrection } from "#db/schema/execution/corrections.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { canonicalJson } from "#server/core/audit.ts";
import { lockCounts, recount } from "#server/execution/counters/recount.ts";
import { leaveLots, postUse } from "#server/execution/orders/run-end.ts";
import type { Correction, CorrectionPreview } from "./corrections.contract.ts";
import { reboundPeriods, type RunVersion } from "./corrections.rules.ts";
import { figuresOf, measure, type Measured, readingsIn, type Window } from "./measure.ts";
import { lockMachines, machinesOf, type Plan, planCorrection, type StateChange } from "./plan.ts";
import { runsWhere, type StoredRun, writeVersions } from "./stored-runs.ts";

export interface WorkedOut {
  readonly plan: Plan;
  readonly preview: CorrectionPreview;
  readonly windows: readonly Window[];
  /** Ids of the versions that now stand, in the order of `plan.write`. */
  readonly written: readonly string[];
}

/** Later counts than this are still on their way; a preview holds although they arrive, ms. */
const settleMs = 120_000;

/**
 * Does what a correction says and tells what it restates. A preview does it in a transaction that is undone, a save in
 * one that is committed: there is no other code that could say something else.
 * @param asOf when the preview was made that is to be saved; now for a preview
 */
export async function workOut(
  given: {
    readonly tx: Tx;
    readonly now: number;
    readonly asOf: number;
    readonly actor: Actor;
    readonly id: string;
  },
  correction: Correction,
): Promise<WorkedOut> {
  const { tx, now, asOf, actor, id } = given;
  const machineIds = await machinesOf(tx, correction);
  await lockMachines(tx, machineIds);
  await lockCounts(tx, machineIds);
  const plan = await planCorrection({ tx, now, actor }, correction);
  const rebound = reboundWindows(plan, now);
  const windows = [...rebound, ...countWindows(plan)];
  const overlapping = await standingRuns(tx, windows);
  const touched = [...plan.hide, ...plan.write, ...overlapping];
  const about = {
    windows,
    jobIds: [...new Set(touched.map((run) => run.jobId))],
    lotIds: [...new Set(touched.flatMap((run) => run.lots.map((lot) => lot.lotId)))],
    now,
    settledUntil: asOf - settleMs,
  };
  const before = await measure(tx, { ...about, stored: true });
  const readings = await readingsIn(tx, rebound);

  const written = await writeVersions(tx, plan.hide, plan.write, now);
  await remember(tx, id, plan, written);
  for (const change of plan.states) await setState(tx, change);
  for (const { machineId, from, to } of windows) await recount(tx, machineId, from, to);
  for (const run of await standingRuns(tx, windows)) if (run.end !== null) await postUse(tx, run.id, now);
  for (const [i, run] of plan.write.entries()) if (run.end !== null) await postUse(tx, written[i] ?? "", now);
  await leaveLots(tx, about.lotIds);
  const after = await measure(tx, { ...about, stored: false });

  const preview = { ...compare(plan, before, after, touched), readings, asOf };
  return {
    plan,
    windows,
    written,
    preview: { ...preview, fingerprint: fingerprint(correction, plan, before, after) },
  };
}

/** The stretches of each machine whose readings belong to another job or lot then. */
function reboundWindows(plan: Plan, now: number): Window[] {
  const machines = new Set([...plan.hide, ...plan.write].map((run) => run.machineId));
  return [...machines]
    .toSorted((a, b) => a - b)
    .flatMap((machineId) => {
      const here = (runs: readonly StoredRun[]) => runs.filter((run) => run.machineId === machineId);
      return reboundPeriods(here(plan.hide), here(plan.write)).map(({ start, end }) => ({
        machineId,
        from: start,
        to: Math.max(start, end ?? now),
      }));
    });
}

function countWindows(plan: Plan): Window[] {
  const machineId = plan.counts[0]?.machineId;
  if (machineId === undefined) return [];
  const times = plan.counts.map((count) => count.at);
  return [{ machineId, from: Math.min(...times), to: Math.max(...times) + 1 }];
}

async function standingRuns(tx: Tx, windows: readonly Window[]): Promise<StoredRun[]> {
  const found = new Map<string, StoredRun>();
  for (const { machineId, from, to } of windows)
    for (const run of await runsWhere(
      tx,
      sql`r.replaced_at is null and r.machine_id = ${machineId} and r.during && ${periodOf(from, to)}`,
    ))
      found.set(run.id, run);
  return [...found.values()];
}

async function remember(tx: Tx, correctionId: string, plan: Plan, written: readonly string[]): Promise<void> {
  const rows = [
    ...plan.hide.map((run) => ({ run, runId: run.id, role: "hidden" as const })),
    ...plan.write.map((run, i) => ({ run, runId: written[i] ?? "", role: "written" as const })),
  ];
  if (rows.length > 0)
    await tx.insert(correctionRun).values(
      rows.map(({ run, runId, role }) => ({
        correctionId,
        runId,
        role,
        during: { start: run.start, end: run.end },
      })),
    );
  for (let i = 0; i < plan.counts.length; i += 1000)
    await tx
      .insert(countCorrection)
      .values(
        plan.counts.slice(i, i + 1000).map(({ at, ...one }) => ({ ...one, correctionId, at: new Date(at) })),
      );
}

async function setState(tx: Tx, { what, id, after }: StateChange): Promise<void> {
  if (what === "order")
    await tx.execute(
      sql`update production_order set state = ${after}, version = version + 1 where id = ${id}`,
    );
  else if (what === "job") await tx.execute(sql`update job set state = ${after} where id = ${id}`);
  else await tx.execute(sql`update job set machine_id = ${Number(after)} where id = ${id}`);
}

const stateOf = ({ machineId, machineName, position, start, end, lots }: StoredRun) => ({
  machineId,
  machineName,
  position,
  start,
  end,
  lots: lots.map((lot) => lot.code),
});

function compare(
  plan: Plan,
  before: Measured,
  after: Measured,
  touched: readonly StoredRun[],
): Omit<CorrectionPreview, "asOf" | "fingerprint" | "readings"> {
  // A version follows the one it was made from.
  const runs = plan.write.map((run) => ({ was: plan.hide.find((old) => sameRun(old, run)), run }));
  const gone = plan.hide.filter((old) => !runs.some(({ was }) => was === old));
  const named = ({ jobId, orderCode, operation }: StoredRun) => ({ jobId, orderCode, operation });
  const jobs = [...new Map(touched.map((run) => [run.jobId, run])).values()];
  return {
    counted: plan.counted === null ? null : { good: plan.counted.good, scrap: plan.counted.scrap },
    runs: [
      ...runs.map(({ was, run }) => ({
        ...named(run),
        before: was === undefined ? null : stateOf(was),
        after: stateOf(run),
      })),
      ...gone.map((run) => ({ ...named(run), before: stateOf(run), after: null })),
    ],
    jobs: jobs.flatMap((run) => {
      const [was, is] = [before.jobs.get(run.jobId), after.jobs.get(run.jobId)];
      if (was === undefined || is === undefined || canonicalJson(was) === canonicalJson(is)) return [];
      return [{ ...named(run), before: was, after: is }];
    }),
    lots: [...before.lots].flatMap(([lotId, was]) => {
      const is = after.lots.get(lotId)?.quantity ?? was.quantity;
      return is === was.quantity
        ? []
        : [{ lotId, code: was.code, unit: was.unit, before: was.quantity, after: is }];
    }),
    shifts: before.shifts.flatMap((was) => {
      const is = after.shifts.find((one) => one.machineId === was.machineId && one.shiftId === was.shiftId);
      if (is === undefined) return [];
      const { shiftId, machineId, name, productionDay, start, end, closed } = was;
      const [old, fresh] = [figuresOf(was), figuresOf(is)];
      if (canonicalJson(rounded(old)) === canonicalJson(rounded(fresh))) return [];
      const machineName = touched.find((run) => run.machineId === machineId)?.machineName ?? "";
      return [
        {
          shiftId,
          machineId,
          machineName,
          name,
          productionDay,
          start,
          end,
          closed,
          before: old,
          after: fresh,
        },
      ];
    }),
  };
}

/** A version and the one it was made from; what an undo brings back is known by its job. */
function sameRun(old: StoredRun, made: StoredRun): boolean {
  return old.id === made.id || old.jobId === made.jobId;
}

/** Sums of ideal times may differ in the last digits with the order of addition. */
const rounded = (figures: object) =>
  Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [
      key,
      typeof value === "number" ? Math.round(value * 1e6) : null,
    ]),
  );

/**
 * What must still be so when it is saved: the versions, the states, the records of closed shifts, and the counts of
 * settled time. Parts that a running machine goes on counting change nothing about what a person decided on.
 */
function fingerprint(correction: Correction, plan: Plan, before: Measured, after: Measured): string {
  const version = ({
    machineId,
    position,
    jobId,
    start,
    end,
    lots,
    orderState,
  }: StoredRun): RunVersion & {
    orderState: string;
  } => ({ machineId, position, jobId, start, end, lots, orderState });
  const closed = ({ shifts }: Measured) =>
    shifts
      .filter((one) => one.closed)
      .map((one) => [one.machineId, one.shiftId, one.version, rounded(figuresOf(one))]);
  const content = {
    correction,
    hide: plan.hide.map((run) => ({ id: run.id, ...version(run) })),
    write: plan.write.map(version),
    counts: plan.counts,
    counted: plan.counted,
    states: plan.states,
    before: { closed: closed(before), settled: before.settled },
    after: { closed: closed(after), settled: after.settled },
  };
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}
