import { counterVerdict } from "#db/schema/execution/production.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { pastChanged } from "../machine-state/machine-state.facts.ts";
import { isBeforeRunningShift } from "../shifts/shifts.queries.ts";
import { countsChanged } from "./counters.facts.ts";
import { DecideCounter } from "./doubts.contract.ts";
import { counterDoubt } from "./doubts.queries.ts";
import { whyNotDecide } from "./doubts.rules.ts";
import { lockCounts, recount } from "./recount.ts";

/**
 * Says what a counter that went down was: a reset, a roll-over, or a wrong reading that is left out. What it touches
 * is counted again at once, and shifts that were closed meanwhile are restated.
 * @throws Refusal not_found, conflict when the step is another one meanwhile, invalid when it cannot have been that
 */
export const decideCounter = defineCommand({
  name: "counter.decide",
  input: DecideCounter,
  allow: () => ({ action: "counter.decide" }),
  run: async (context, { tagId, at, from, to, decision, reason }) => {
    const { tx, now } = context;
    const seen = await counterDoubt(tx, tagId, at);
    if (seen === undefined) throw new Refusal("not_found", {}, "at");
    const { machineId } = seen;
    await lockCounts(tx, [machineId]);
    // Late data may have counted it again between the look and the lock.
    const doubt = await counterDoubt(tx, tagId, at);
    if (doubt === undefined || doubt.from !== from || doubt.to !== to)
      throw new Refusal("conflict", {}, "at");
    const why = whyNotDecide(doubt, decision);
    if (why !== null) throw why;

    const said = { fromValue: from, toValue: to, decision, reason, decidedAt: new Date(now) };
    await tx
      .insert(counterVerdict)
      .values({ tagId, at: new Date(at), ...said })
      .onConflictDoUpdate({ target: [counterVerdict.tagId, counterVerdict.at], set: said });
    const until = await recount(tx, machineId, at, at);
    const after = await counterDoubt(tx, tagId, at);
    const counted = after?.counted ?? 0;
    context.audit({
      action: "counter.decide",
      objectType: "counter",
      objectId: `${tagId}/${at}`,
      machineId,
      before: { decision: doubt.decision, counted: doubt.counted, from, to },
      after: { decision, counted },
      reason,
    });
    context.publish(countsChanged, `machine:${machineId}`, { machineId, at });
    if (await isBeforeRunningShift(tx, machineId, at, now))
      context.publish(pastChanged, `machine:${machineId}`, { machineId, from: at, to: until });
    return { counted };
  },
});
