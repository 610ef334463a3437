import { sql } from "drizzle-orm";
import { epochMs, instant } from "#db/sql.ts";
import { publish } from "#server/core/facts.ts";
import { defineReaction, type Reaction, type ReactionContext } from "#server/core/runner.ts";
import { jobCorrected, jobFinished, jobPaused, jobStarted } from "../orders/orders.facts.ts";
import { standardChanged } from "../orders/products.facts.ts";
import { pastChanged } from "../machine-state/machine-state.facts.ts";
import { lockCounts, recount } from "./recount.ts";

/** Which job a part belongs to is known by time: a job that begins, ends or is corrected counts that time again. */
async function countAgain(
  { tx, now }: ReactionContext,
  machineId: number,
  from: number,
  to: number,
): Promise<void> {
  await lockCounts(tx, [machineId]);
  await recount(tx, machineId, from, Math.max(from, Math.min(to, now)));
}

export const counterReactions: Reaction[] = [
  defineReaction("counters.jobStarted", jobStarted, (context, { data }) =>
    countAgain(context, data.machineId, data.at, context.now),
  ),
  defineReaction("counters.jobPaused", jobPaused, (context, { data }) =>
    countAgain(context, data.machineId, data.at, context.now),
  ),
  defineReaction("counters.jobFinished", jobFinished, (context, { data }) =>
    countAgain(context, data.machineId, data.at, context.now),
  ),
  defineReaction("counters.jobCorrected", jobCorrected, (context, { data }) =>
    countAgain(context, data.machineId, data.from, data.to),
  ),
  defineReaction("counters.standardChanged", standardChanged, weighAgain),
];

/** Parts counted since another standard holds get its ideal time; shifts that were closed meanwhile are restated. */
async function weighAgain(
  context: ReactionContext,
  { data }: { data: { productId: string; machineId: number; from: number } },
): Promise<void> {
  const { machineId, productId } = data;
  const { tx, now } = context;
  const [first] = await tx.execute<{ at: number | null }>(sql`
    select ${epochMs(sql`min(b.start)`)} as at from count_bucket b
    join job j on j.id = b.job_id join production_order o on o.id = j.order_id
    where b.machine_id = ${machineId} and o.product_id = ${productId} and b.start >= ${instant(data.from)} - interval '10 s'`);
  if (first?.at == null) return;
  const from = Math.max(data.from, first.at);
  await countAgain(context, machineId, from, now);
  await publish(tx, pastChanged, `machine:${machineId}`, { machineId, from, to: now }, now);
}
