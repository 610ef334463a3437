import { defineReaction, type Reaction, type ReactionContext } from "#server/core/runner.ts";
import { jobCorrected, jobFinished, jobPaused, jobStarted } from "../orders/orders.facts.ts";
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
];
