import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { epochMs, instant, periodOf } from "#db/sql.ts";
import { jobRun } from "#db/schema/execution/orders.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { pastChanged } from "../machine-state/machine-state.facts.ts";
import { isBeforeRunningShift } from "../shifts/shifts.queries.ts";
import { CorrectJobRun } from "./orders.contract.ts";
import { jobCorrected } from "./orders.facts.ts";
import { makeRoom, type RunPeriod } from "./orders.rules.ts";

type RunRow = RunPeriod & { jobId: string; position: number; orderId: string; productId: string } & Record<
    string,
    unknown
  >;

/**
 * Says when a run really was. The old version is kept and hidden, a new one stands; runs that it now overlaps at the
 * same position are cut back the same way. @throws Refusal conflict when it would swallow another run
 */
export const correctJobRun = defineCommand({
  name: "job.correct",
  input: CorrectJobRun,
  allow: ({ machineId }) => ({ action: "job.correct", scope: { machineId } }),
  run: async (context, { machineId, runId, start, end, reason }) => {
    const { tx, now } = context;
    if ((end ?? start) > now || (end !== null && end <= start))
      throw new Refusal("invalid", { problem: "no possible period" }, "start");
    await tx.execute(sql`select from work_unit where id = ${machineId} for no key update`);
    const run = (await runsWhere(tx, sql`r.id = ${runId} and r.machine_id = ${machineId}`))[0];
    if (run === undefined) throw new Refusal("not_found", {}, "runId");
    if (end === null && run.end !== null) throw new Refusal("wrong_state", { state: "completed" }, "end");
    const others = await runsWhere(
      tx,
      sql`r.machine_id = ${machineId} and r.position = ${run.position} and r.id <> ${runId} and r.during && ${periodOf(start, end)}`,
    );
    const cut = makeRoom({ start, end }, others);
    if (cut === null) throw new Refusal("conflict", {}, "start");

    // All old versions are hidden before the new ones are written, else they would meet.
    for (const old of [runId, ...cut.map((c) => c.id)])
      await tx.execute(sql`update job_run set replaced_at = ${instant(now)} where id = ${old}`);
    const newId = await writeVersion(tx, machineId, run, { start, end });
    for (const period of cut) {
      const other = others.find((o) => o.id === period.id);
      if (other !== undefined) await writeVersion(tx, machineId, other, period);
    }
    if (end !== null && run.end === null)
      await tx.execute(sql`update job set state = 'paused' where id = ${run.jobId} and state = 'running'`);

    const from = Math.min(start, run.start);
    const to = run.end === null ? now : Math.max(run.end, end ?? now);
    context.audit({
      action: "job.correct",
      objectType: "job",
      objectId: run.jobId,
      machineId,
      before: { runId, start: run.start, end: run.end },
      after: { runId: newId, start, end, cut: cut.map((c) => c.id) },
      reason,
    });
    context.publish(jobCorrected, `machine:${machineId}`, {
      machineId,
      position: run.position,
      jobId: run.jobId,
      orderId: run.orderId,
      productId: run.productId,
      runId: newId,
      at: start,
      from,
      to,
    });
    if (await isBeforeRunningShift(tx, machineId, from, now))
      context.publish(pastChanged, `machine:${machineId}`, { machineId, from, to });
    return { runId: newId };
  },
});

async function runsWhere(tx: Tx, condition: ReturnType<typeof sql>): Promise<RunRow[]> {
  return tx.execute<RunRow>(sql`
    select r.id, ${epochMs(sql`lower(r.during)`)} as start, ${epochMs(sql`upper(r.during)`)} as "end", r.job_id as "jobId",
      r.position, o.id as "orderId", o.product_id as "productId"
    from job_run r join job j on j.id = r.job_id join production_order o on o.id = j.order_id
    where r.replaced_at is null and ${condition} order by lower(r.during)`);
}

/** A new version of a run with its lots: what began or ended with the run does so still, the rest is clipped to it. */
async function writeVersion(
  tx: Tx,
  machineId: number,
  old: RunRow,
  period: { start: number; end: number | null },
): Promise<string> {
  const [made] = await tx
    .insert(jobRun)
    .values({
      machineId,
      position: old.position,
      jobId: old.jobId,
      during: { start: period.start, end: period.end },
    })
    .returning({ id: jobRun.id });
  if (made === undefined) throw new Refusal("conflict");
  const end = period.end === null ? sql`'infinity'::timestamptz` : instant(period.end);
  const oldEnd = old.end === null ? sql`'infinity'::timestamptz` : instant(old.end);
  await tx.execute(sql`
    insert into job_run_lot (job_run_id, lot_id, role, during)
    select ${made.id}, lot_id, role, tstzrange(x.a, nullif(x.b, 'infinity'))
    from job_run_lot l
    cross join lateral (select
      case when lower(l.during) <= ${instant(old.start)} then ${instant(period.start)}
        else greatest(lower(l.during), ${instant(period.start)}) end as a,
      case when coalesce(upper(l.during), 'infinity') >= ${oldEnd} then ${end}
        else least(upper(l.during), ${end}) end as b) x
    where l.job_run_id = ${old.id} and x.a < x.b order by l.id`);
  return made.id;
}
