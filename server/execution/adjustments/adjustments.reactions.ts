import { and, eq, inArray } from "drizzle-orm";
import { adjustment } from "#db/schema/execution/adjustments.ts";
import { detectionRule } from "#db/schema/execution/detection.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import { stableId } from "#server/core/ids.ts";
import { defineReaction, type Reaction, type ReactionContext } from "#server/core/runner.ts";
import { ActuationAnswer } from "#server/edge/uplink.contract.ts";
import {
  deviationChanged,
  deviationCleared,
  deviationOpened,
} from "#server/execution/detection/detection.facts.ts";
import { edgeEventFact } from "#server/execution/ingest/ingest.facts.ts";
import { signalChanged } from "#server/execution/machine-state/machine-state.facts.ts";
import { proposeForDeviation } from "./propose.commands.ts";
import { answerAdjustment, blockAdjustment } from "./send.commands.ts";
import { withdrawProposal } from "./withdraw.commands.ts";

const actor = serviceActor("proposals");

/** A deviation, or news of it, asks the engine whether a change is worth proposing. */
async function consider(
  { tx, now, log }: ReactionContext,
  factId: number,
  { ruleId, deviationId }: { ruleId: number; deviationId: string },
): Promise<void> {
  const [rule] = await tx.select().from(detectionRule).where(eq(detectionRule.id, ruleId));
  if (rule === undefined || rule.action === null || rule.authority < 1) return;
  const answer = await proposeForDeviation.within({ tx, now, actor }, stableId(`propose:${factId}`), {
    deviationId,
  });
  if (answer.why !== null) log.debug({ deviationId, why: answer.why }, "no proposal");
}

const onOpened = defineReaction("adjustments.deviationOpened", deviationOpened, (context, { id, data }) =>
  consider(context, id, data),
);
const onChanged = defineReaction("adjustments.deviationChanged", deviationChanged, (context, { id, data }) =>
  consider(context, id, data),
);

/** What it was to answer is gone: nobody has to decide any more. */
const onCleared = defineReaction(
  "adjustments.deviationCleared",
  deviationCleared,
  async (context, { id, data }) => {
    const { tx, now } = context;
    const open = await tx
      .select({ id: adjustment.id })
      .from(adjustment)
      .where(and(eq(adjustment.deviationId, data.deviationId), eq(adjustment.state, "proposed")));
    for (const row of open) {
      const commandId = stableId(`withdraw:${id}:${row.id}`);
      await withdrawProposal.within({ tx, now, actor }, commandId, { adjustmentId: row.id });
    }
  },
);

/** An open guard or the key turned to local stops what is about to be sent, at once. */
const onSignal = defineReaction("adjustments.signal", signalChanged, async ({ tx, now }, { id, data }) => {
  const code = data.signal === "guard" ? ("guard_open" as const) : ("not_remote" as const);
  if ((data.signal === "guard") !== data.on) return;
  const waiting = await tx
    .select({ id: adjustment.id })
    .from(adjustment)
    .where(
      and(eq(adjustment.machineId, data.machineId), inArray(adjustment.state, ["approved", "announced"])),
    );
  for (const row of waiting) {
    const commandId = stableId(`block:${id}:${row.id}`);
    await blockAdjustment.within({ tx, now, actor }, commandId, { adjustmentId: row.id, code });
  }
});

/** The edge's journal of an actuation: also for an answer that nobody heard when it was given. */
const onAnswer = defineReaction(
  "adjustments.answer",
  edgeEventFact,
  async ({ tx, now, log }, { id, data }) => {
    if (data.kind !== "actuation_answer") return;
    const answer = ActuationAnswer.safeParse({ at: data.at, readBack: null, reason: null, ...data.data });
    if (!answer.success) {
      log.warn({ eventId: data.eventId }, "an actuation's answer cannot be read");
      return;
    }
    const [row] = await tx
      .select({ id: adjustment.id })
      .from(adjustment)
      .where(eq(adjustment.actuationId, answer.data.id));
    if (row === undefined) return;
    const input = { adjustmentId: row.id, answer: answer.data };
    await answerAdjustment.within({ tx, now, actor }, stableId(`answer:${id}`), input);
  },
);

export const adjustmentReactions: Reaction[] = [onOpened, onChanged, onCleared, onSignal, onAnswer];
