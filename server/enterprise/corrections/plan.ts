import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant, intArray, periodOf } from "#db/sql.ts";
import { whyNotAllowed } from "#server/core/access.rules.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { bucketStart } from "#server/execution/counters/counters.rules.ts";
import { lotsForUse, materialsOf } from "#server/execution/materials/materials.queries.ts";
import { makeRoom } from "#server/execution/orders/orders.rules.ts";
import { lineZones } from "#server/execution/shifts/shifts.queries.ts";
import type { Correction } from "./corrections.contract.ts";
import { type CountAt, placeCounts, relotted, retimed } from "./corrections.rules.ts";
import { planUndo } from "./plan-undo.ts";
import { runsWhere, type StoredRun } from "./stored-runs.ts";

/** Another state of a job or order, or the machine a job is planned for, as text. */
export interface StateChange {
  readonly what: "job" | "order" | "jobMachine";
  readonly id: string;
  readonly before: string;
  readonly after: string;
}

/** What a correction does: versions hidden and written, parts added or taken away, states changed. */
export interface Plan {
  readonly hide: readonly StoredRun[];
  readonly write: readonly StoredRun[];
  readonly counts: readonly (CountAt & { readonly machineId: number })[];
  readonly states: readonly StateChange[];
  /** For a count: the time it is about, and what is counted there now. */
  readonly counted: {
    readonly from: number;
    readonly to: number;
    readonly good: number;
    readonly scrap: number;
  } | null;
  readonly undoes: string | null;
}

export const emptyPlan: Plan = { hide: [], write: [], counts: [], states: [], counted: null, undoes: null };

/** How far back something can be corrected, ms: everything since then is worked out again at once. */
const reachMs = 31 * 86_400_000;

interface Asked {
  readonly tx: Tx;
  readonly now: number;
  readonly actor: Actor;
}

/**
 * Turns what somebody says into versions, and refuses what cannot have been. The caller holds the machines' locks.
 * @throws Refusal run_overlaps, order_closed, wrong_state, nothing_changes, lot_on_hold, lot_mismatch, later_correction
 */
export async function planCorrection(asked: Asked, correction: Correction): Promise<Plan> {
  const { tx, now } = asked;
  const plan = await planOf(asked, correction);
  const makesRoom = "makeRoom" in correction && correction.makeRoom;
  const full = await clearTheWay(tx, plan, makesRoom);
  const touched = [...full.hide, ...full.write];
  const closed = touched.find((run) => run.orderState === "closed");
  if (closed !== undefined) throw new Refusal("order_closed", { order: closed.orderCode });
  const starts = [...touched.map((run) => run.start), ...full.counts.map((count) => count.at)];
  if (Math.min(...starts) < now - reachMs && correction.kind !== "undo")
    throw new Refusal("value_out_of_range", { low: "−31 d", high: "0 d" }, "start");
  return full;
}

function planOf(asked: Asked, correction: Correction): Promise<Plan> | Plan {
  switch (correction.kind) {
    case "machine":
      return planMachine(asked, correction);
    case "period":
    case "finish":
      return planPeriod(asked, correction);
    case "count":
      return planCount(asked, correction);
    case "lot":
      return planLot(asked, correction);
    case "undo":
      return planUndo(asked.tx, correction.correctionId);
  }
}

/** The run as it stands; one that was corrected meanwhile is no longer the one that was looked at. */
async function runOf(tx: Tx, machineId: number, runId: string): Promise<StoredRun> {
  const [run] = await runsWhere(tx, sql`r.id = ${runId} and r.machine_id = ${machineId}`);
  if (run === undefined) throw new Refusal("not_found", {}, "runId");
  if (run.replaced) throw new Refusal("conflict", {}, "runId");
  return run;
}

async function planMachine(
  { tx, actor }: Asked,
  { machineId, runId, toMachineId, toPosition }: Extract<Correction, { kind: "machine" }>,
): Promise<Plan> {
  const why = whyNotAllowed(actor, "job.correct", { machineId: toMachineId });
  if (why !== null) throw why;
  const run = await runOf(tx, machineId, runId);
  if (toMachineId === run.machineId && toPosition === run.position) throw new Refusal("nothing_changes");
  const [target] = await tx.execute<{ name: string; positions: number; lineId: number }>(
    sql`select name, positions, line_id as "lineId" from work_unit where id = ${toMachineId}`,
  );
  if (target === undefined) throw new Refusal("not_found", {}, "toMachineId");
  if (toPosition > target.positions)
    throw new Refusal("value_out_of_range", { low: 1, high: target.positions }, "toPosition");
  const moved = {
    ...run,
    machineId: toMachineId,
    position: toPosition,
    machineName: target.name,
    lineId: target.lineId,
  };
  // A job is planned for the machine it ran on last.
  const [later] = await tx.execute(sql`
    select from job_run where job_id = ${run.jobId} and replaced_at is null and id <> ${runId}
      and lower(during) > ${instant(run.start)} limit 1`);
  const states: StateChange[] =
    later === undefined && run.jobMachineId !== toMachineId
      ? [{ what: "jobMachine", id: run.jobId, before: String(run.jobMachineId), after: String(toMachineId) }]
      : [];
  return { ...emptyPlan, hide: [run], write: [moved], states };
}

async function planPeriod(
  { tx, now }: Asked,
  correction: Extract<Correction, { kind: "period" | "finish" }>,
): Promise<Plan> {
  const run = await runOf(tx, correction.machineId, correction.runId);
  const { end } = correction;
  const start = correction.kind === "finish" ? run.start : correction.start;
  if (start > now || (end ?? now) > now || (end !== null && end <= start))
    throw new Refusal("invalid", { problem: "no possible period" }, end === null ? "start" : "end");
  if (run.end !== null && (end === null || correction.kind === "finish"))
    throw new Refusal("wrong_state", { state: run.jobState }, "end");
  if (start === run.start && end === run.end) throw new Refusal("nothing_changes");
  const plan = { ...emptyPlan, hide: [run], write: [retimed(run, start, end)] };
  if (run.end !== null || end === null || run.jobState !== "running") return plan;
  const after = correction.kind === "finish" ? "completed" : "paused";
  const states: StateChange[] = [{ what: "job", id: run.jobId, before: run.jobState, after }];
  const [open] = await tx.execute(sql`
    select from job where order_id = ${run.orderId} and id <> ${run.jobId}
      and state not in ('completed', 'cancelled') limit 1`);
  // An order is completed with its last job; one on hold stays so until somebody decides.
  if (after === "completed" && open === undefined && run.orderState === "running")
    states.push({ what: "order", id: run.orderId, before: run.orderState, after: "completed" });
  return { ...plan, states };
}

async function planCount(
  { tx, now }: Asked,
  correction: Extract<Correction, { kind: "count" }>,
): Promise<Plan> {
  const { machineId, good, scrap } = correction;
  const [from, to] = [bucketStart(correction.from), bucketStart(correction.to)];
  if (from >= to || to > now || to - from > 86_400_000)
    throw new Refusal("invalid", { problem: "no possible period" }, "to");
  const runs = await runsWhere(
    tx,
    sql`r.machine_id = ${machineId} and r.replaced_at is null and r.during && ${periodOf(from, to)}`,
  );
  const closed = runs.find((run) => run.orderState === "closed");
  if (closed !== undefined) throw new Refusal("order_closed", { order: closed.orderCode });
  // A bucket in which jobs changed is counted per job: its parts are placed where that job ran.
  const counted = await tx.execute<CountAt & Record<string, unknown>>(sql`
    select ${epochMs(sql`greatest(b.start, coalesce(case when b.job_id is null then min(upper(o.during)) else min(lower(r.during)) end, b.start))`)} as at,
      b.good::float8 as good, b.scrap::float8 as scrap
    from count_bucket b
    left join job_run r on r.machine_id = b.machine_id and r.job_id = b.job_id and r.replaced_at is null
      and r.during && tstzrange(b.start, b.start + interval '10 s')
    left join job_run o on b.job_id is null and o.machine_id = b.machine_id and o.replaced_at is null
      and o.during @> b.start and upper(o.during) < b.start + interval '10 s'
    where b.machine_id = ${machineId} and b.start >= ${instant(from)} and b.start < ${instant(to)}
    group by b.start, b.job_id, b.good, b.scrap order by 1`);
  const sum = { good: 0, scrap: 0 };
  for (const one of counted) {
    sum.good += one.good;
    sum.scrap += one.scrap;
  }
  if (sum.good === good && sum.scrap === scrap) throw new Refusal("nothing_changes");
  const counts = placeCounts(counted, { from, to }, { good: good - sum.good, scrap: scrap - sum.scrap });
  return {
    ...emptyPlan,
    counts: counts.map((count) => ({ ...count, machineId })),
    counted: { from, to, ...sum },
  };
}

async function planLot(
  { tx }: Asked,
  { machineId, runId, wrongLotId, lotId }: Extract<Correction, { kind: "lot" }>,
): Promise<Plan> {
  const run = await runOf(tx, machineId, runId);
  if (wrongLotId === lotId) throw new Refusal("nothing_changes");
  const [right] = lotId === null ? [] : await lotsForUse(tx, [lotId]);
  if (lotId !== null) {
    if (right === undefined) throw new Refusal("not_found", {}, "lotId");
    if (right.disposition === "restricted") throw new Refusal("lot_on_hold", { lot: right.code }, "lotId");
    const bill = await materialsOf(tx, run.productId, run.start);
    const fits =
      right.materialId === null || bill.length === 0 || bill.some((b) => b.materialId === right.materialId);
    if (!fits || run.lots.some((lot) => lot.lotId === lotId && lot.role === "in"))
      throw new Refusal("lot_mismatch", { lot: right.code }, "lotId");
  }
  const changed = relotted(
    run,
    wrongLotId,
    right === undefined ? null : { lotId: right.id, code: right.code },
  );
  if (changed === null) throw new Refusal("lot_not_on_job", { lot: "" }, "wrongLotId");
  return { ...emptyPlan, hide: [run], write: [changed] };
}

/** What stands in the way of the new versions is cut back where that was asked for, else refused by its name. */
async function clearTheWay(tx: Tx, plan: Plan, makesRoom: boolean): Promise<Plan> {
  const hide = [...plan.hide];
  const write = [...plan.write];
  for (const run of plan.write) {
    const others = (
      await runsWhere(
        tx,
        sql`r.replaced_at is null and r.machine_id = ${run.machineId} and r.position = ${run.position}
          and r.during && ${periodOf(run.start, run.end)}`,
      )
    ).filter((other) => !hide.some((hidden) => hidden.id === other.id));
    const [first] = others;
    if (first === undefined) continue;
    const cut = makesRoom ? makeRoom(run, others) : null;
    if (cut === null) throw await overlaps(tx, first);
    for (const { id, start, end } of cut) {
      const other = others.find((one) => one.id === id);
      if (other === undefined) continue;
      hide.push(other);
      write.push(retimed(other, start, end));
    }
  }
  return { ...plan, hide, write };
}

async function overlaps(tx: Tx, run: StoredRun): Promise<Refusal> {
  const timeZone = (await lineZones(tx)).get(run.lineId) ?? "UTC";
  // Day and time as every language reads them, 2026-11-22 14:05.
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  return new Refusal("run_overlaps", {
    order: run.orderCode,
    machine: run.machineName,
    from: format.format(run.start),
    to: run.end === null ? "…" : format.format(run.end),
  });
}

/** The machines that a correction may touch, whose locks are taken before anything is looked at. */
export async function machinesOf(tx: Tx, correction: Correction): Promise<number[]> {
  if (correction.kind === "machine") return [correction.machineId, correction.toMachineId];
  if (correction.kind !== "undo") return [correction.machineId];
  const rows = await tx.execute<{ id: number }>(sql`
    select r.machine_id as id from correction_run c join job_run r on r.id = c.run_id
    where c.correction_id = ${correction.correctionId}
    union select machine_id from count_correction where correction_id = ${correction.correctionId}
    union select machine_id from correction where id = ${correction.correctionId}`);
  return rows.map((row) => row.id);
}

/** Locks machines, in order, as whoever starts a job or closes an order does. */
export async function lockMachines(tx: Tx, machineIds: readonly number[]): Promise<void> {
  await tx.execute(sql`
    select from work_unit where id = any(${intArray(machineIds)}) order by id for no key update`);
}
