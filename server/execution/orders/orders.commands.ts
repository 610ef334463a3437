import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, periodOf } from "#db/sql.ts";
import { jobRun, jobRunLot } from "#db/schema/execution/orders.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { lotsForUse, materialsOf } from "../materials/materials.queries.ts";
import { pastChanged } from "../machine-state/machine-state.facts.ts";
import { isBeforeRunningShift } from "../shifts/shifts.queries.ts";
import { FinishJob, PauseJob, StartJob } from "./orders.contract.ts";
import { jobFinished, jobPaused, jobStarted, orderChanged } from "./orders.facts.ts";
import { whyNotStart } from "./orders.rules.ts";
import { completeOrder, endRun, makeOutLot, postUse } from "./run-end.ts";

interface JobForUpdate {
  readonly id: string;
  readonly machineId: number;
  readonly state: string;
  readonly orderId: string;
  readonly orderState: string;
  readonly orderCode: string;
  readonly heldReason: string | null;
  readonly productId: string;
  readonly positions: number;
}

/** The job with its order, locked; its machine is locked first, so that two hands at one machine take turns. */
export async function jobForUpdate(tx: Tx, machineId: number, jobId: string): Promise<JobForUpdate> {
  await tx.execute(sql`select from work_unit where id = ${machineId} for no key update`);
  const [job] = await tx.execute<JobForUpdate & Record<string, unknown>>(sql`
    select j.id, j.machine_id as "machineId", j.state, o.id as "orderId", o.state as "orderState",
      o.code as "orderCode", case when o.state = 'held' then o.held_reason end as "heldReason", o.product_id as "productId", w.positions
    from job j join production_order o on o.id = j.order_id join work_unit w on w.id = j.machine_id
    where j.id = ${jobId} for update of j, o`);
  if (job === undefined || job.machineId !== machineId) throw new Refusal("not_found", {}, "jobId");
  return job;
}

/** When it really happened: not later than now, and not before what it follows. */
function instantOf(given: number | undefined, now: number, after: number): number {
  const at = given ?? now;
  if (at > now || at <= after) throw new Refusal("invalid", { problem: "outside the possible time" }, "at");
  return at;
}

/**
 * Begins (or goes on with) a job at a position of its machine. With `at` in the past every reading since then belongs
 * to it. @throws Refusal wrong_state, job_running, lot_on_hold, lot_mismatch
 */
export const startJob = defineCommand({
  name: "job.start",
  input: StartJob,
  allow: ({ machineId }) => ({ action: "job.run", scope: { machineId } }),
  run: async (context, input) => {
    const { tx, now } = context;
    const { machineId, jobId, position } = input;
    const job = await jobForUpdate(tx, machineId, jobId);
    const at = instantOf(input.at, now, 0);
    const [there] = await tx.execute<{ order: string }>(sql`
      select o.code as order from job_run r join job j on j.id = r.job_id join production_order o on o.id = j.order_id
      where r.machine_id = ${machineId} and r.position = ${position} and r.replaced_at is null
        and r.during && ${periodOf(at, null)} limit 1`);
    const lots = await lotsForUse(tx, input.lotIds);
    if (lots.length < new Set(input.lotIds).size) throw new Refusal("not_found", {}, "lotIds");
    const bill = await materialsOf(tx, job.productId, at);
    const whyNot = whyNotStart({
      jobState: job.state,
      orderState: job.orderState,
      hold: job.heldReason === null ? null : { order: job.orderCode, reason: job.heldReason },
      runningThere: there?.order ?? null,
      positions: job.positions,
      position,
      lots: lots.map((lot) => ({
        code: lot.code,
        onHold: lot.disposition === "restricted",
        closed: lot.disposition === "closed",
        fits:
          lot.materialId === null || bill.length === 0 || bill.some((b) => b.materialId === lot.materialId),
      })),
    });
    if (whyNot !== null) throw new Refusal(whyNot.code, whyNot.params);

    const [run] = await tx
      .insert(jobRun)
      .values({ machineId, position, jobId, during: { start: at, end: null } })
      .returning({ id: jobRun.id });
    if (run === undefined) throw new Refusal("conflict");
    if (lots.length > 0)
      await tx.insert(jobRunLot).values(
        lots.map((lot) => ({
          jobRunId: run.id,
          lotId: lot.id,
          role: "in" as const,
          during: { start: at, end: null },
        })),
      );
    await tx.execute(sql`update job set state = 'running' where id = ${jobId}`);
    if (job.orderState !== "running") {
      await tx.execute(
        sql`update production_order set state = 'running', version = version + 1 where id = ${job.orderId}`,
      );
      context.publish(orderChanged, "plant", { orderId: job.orderId, state: "running" });
    }
    context.audit({
      action: "job.start",
      objectType: "job",
      objectId: jobId,
      machineId,
      before: { state: job.state },
      after: { state: "running", runId: run.id, position, at, lots: lots.map((l) => l.code) },
    });
    context.publish(jobStarted, `machine:${machineId}`, {
      machineId,
      position,
      jobId,
      orderId: job.orderId,
      productId: job.productId,
      runId: run.id,
      at,
    });
    await publishPast(context, machineId, at);
    return { runId: run.id };
  },
});

async function publishPast(context: CommandContext, machineId: number, from: number): Promise<void> {
  const { tx, now } = context;
  if (await isBeforeRunningShift(tx, machineId, from, now))
    context.publish(pastChanged, `machine:${machineId}`, { machineId, from, to: now });
}

type OpenRun = { id: string; position: number; start: number } & Record<string, unknown>;

async function openRun(tx: Tx, jobId: string): Promise<OpenRun> {
  const [run] = await tx.execute<OpenRun>(sql`
    select id, position, ${epochMs(sql`lower(during)`)} as start from job_run
    where job_id = ${jobId} and replaced_at is null and upper_inf(during)`);
  if (run === undefined) throw new Refusal("no_job");
  return run;
}

/** Interrupts a running job; it goes on with `startJob`. */
export const pauseJob = defineCommand({
  name: "job.pause",
  input: PauseJob,
  allow: ({ machineId }) => ({ action: "job.run", scope: { machineId } }),
  run: async (context, input) => {
    const { tx, now } = context;
    const { machineId, jobId } = input;
    const job = await jobForUpdate(tx, machineId, jobId);
    if (job.state !== "running") throw new Refusal("wrong_state", { state: job.state });
    const run = await openRun(tx, jobId);
    const at = instantOf(input.at, now, run.start);
    await endRun(tx, run.id, run.start, at);
    await postUse(tx, run.id, now);
    await tx.execute(sql`update job set state = 'paused' where id = ${jobId}`);
    context.audit({
      action: "job.pause",
      objectType: "job",
      objectId: jobId,
      machineId,
      before: { state: job.state },
      after: { state: "paused", at },
      reason: input.reason,
    });
    context.publish(jobPaused, `machine:${machineId}`, {
      machineId,
      position: run.position,
      jobId,
      orderId: job.orderId,
      productId: job.productId,
      runId: run.id,
      at,
    });
    await publishPast(context, machineId, at);
    return { runId: run.id };
  },
});

/** Ends a running job. What it used of its lots is posted; with `out` a lot of the product is made. */
export const finishJob = defineCommand({
  name: "job.finish",
  input: FinishJob,
  allow: ({ machineId }) => ({ action: "job.run", scope: { machineId } }),
  run: async (context, input) => {
    const { tx, now } = context;
    const { machineId, jobId } = input;
    const job = await jobForUpdate(tx, machineId, jobId);
    if (job.state !== "running") throw new Refusal("wrong_state", { state: job.state });
    const run = await openRun(tx, jobId);
    const at = instantOf(input.at, now, run.start);
    await endRun(tx, run.id, run.start, at);
    const used = await postUse(tx, run.id, now);
    const outLotId = input.out === undefined ? null : await makeOutLot(tx, run, at, job.productId, input.out);
    await tx.execute(sql`update job set state = 'completed' where id = ${jobId}`);
    const orderDone = await completeOrder(tx, job.orderId);
    if (orderDone) context.publish(orderChanged, "plant", { orderId: job.orderId, state: "completed" });
    context.audit({
      action: "job.finish",
      objectType: "job",
      objectId: jobId,
      machineId,
      before: { state: job.state },
      after: { state: "completed", at, used, outLotId },
    });
    context.publish(jobFinished, `machine:${machineId}`, {
      machineId,
      position: run.position,
      jobId,
      orderId: job.orderId,
      productId: job.productId,
      runId: run.id,
      at,
    });
    await publishPast(context, machineId, at);
    return { runId: run.id, outLotId, orderDone };
  },
});
