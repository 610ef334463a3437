import { and, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { tag } from "#db/schema/device/tags.ts";
import { adjustment, tagSuspension } from "#db/schema/execution/adjustments.ts";
import { detectionRule } from "#db/schema/execution/detection.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { stableId } from "#server/core/ids.ts";
import { ruleChanged } from "#server/execution/detection/detection.facts.ts";
import { latestOfTags } from "#server/execution/detection/signals.queries.ts";
import { type AdjustmentState, verdictReasons, Verification } from "./adjustments.contract.ts";
import { automationChanged } from "./adjustments.facts.ts";
import { inFlight } from "./adjustments.rules.ts";
import { proposeReturn } from "./draft.ts";
import { type Adjustment, lockAdjustment, step } from "./record.ts";

const byService = () => ({ action: "system.act" as const });

/** The machine itself says the new set-point: from here on its effect is measured. */
export const recordEcho = defineCommand({
  name: "adjustment.echo",
  input: z.object({ adjustmentId: z.uuid(), at: z.number(), value: z.number() }),
  allow: byService,
  run: async (context, { adjustmentId, at, value }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (row.state !== "accepted") return { state: row.state };
    const { t1Ms, t2Ms, t3Ms } = row.plan;
    const sentAt = row.sentAt?.getTime() ?? at;
    const verification: Verification = {
      phase: "process",
      deadlines: { echo: sentAt + t1Ms, process: at + t2Ms, kpi: at + t3Ms },
      echo: { at, value },
      process: null,
      kpi: null,
      guards: [],
      reason: null,
    };
    const set = { effectiveAt: new Date(at), verification };
    const after = await step(context, row, { move: "echo", event: "echoed", set });
    return { state: after.state };
  },
});

/** What was measured so far; a step of the timeline only where a rung was reached. */
export const recordMeasurement = defineCommand({
  name: "adjustment.measure",
  input: z.object({ adjustmentId: z.uuid(), verification: Verification }),
  allow: byService,
  run: async (context, { adjustmentId, verification }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (row.state !== "verifying") return {};
    const before = Verification.safeParse(row.verification);
    if (before.success && before.data.phase === verification.phase) {
      await context.tx.update(adjustment).set({ verification }).where(eq(adjustment.id, adjustmentId));
      return {};
    }
    await step(context, row, { move: null, event: `measuring_${verification.phase}`, set: { verification } });
    return {};
  },
});

const moves = { helped: "help", did_not_help: "not_help", cannot_tell: "not_tell" } as const;

/**
 * The verdict, with its numbers. It goes into the rule's record. Did not help: the value before goes back by itself,
 * unless somebody moved the set-point or turned automation off. Cannot tell: nothing moves, a person is asked.
 */
export const giveVerdict = defineCommand({
  name: "adjustment.verdict",
  input: z.object({
    adjustmentId: z.uuid(),
    state: z.enum(["helped", "did_not_help", "cannot_tell"]),
    reason: z.enum(verdictReasons),
    verification: Verification.nullable(),
  }),
  allow: byService,
  run: async (
    context,
    { adjustmentId, state, reason, verification },
  ): Promise<{ state: AdjustmentState }> => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (row.state !== "verifying") return { state: row.state };
    const wantsReturn = state === "did_not_help" && row.returns === null && (await mayReturn(context, row));
    const asksPerson =
      state === "cannot_tell" ? reason !== "not_measured" : state === "did_not_help" && !wantsReturn;
    const done =
      verification === null ? {} : { verification: { ...verification, phase: "done" as const, reason } };
    const after = await step(context, row, {
      move: moves[state],
      event: state,
      set: { ...done, verdictReason: reason, asksPerson },
      detail: reason,
    });
    await intoRecord(context, row, state);
    if (wantsReturn) {
      const params = { setpoint: row.oldValue, reason };
      await proposeReturn(context, after, {
        reason: { key: "adjustment.reason.return", params },
        author: null,
      });
    }
    return { state: after.state };
  },
});

/** The operator's hand wins: what somebody moved, or wants left alone, is not moved back. */
async function mayReturn({ tx, now }: CommandContext, row: Adjustment): Promise<boolean> {
  const [machine] = await tx
    .select({ off: workUnit.automationOff })
    .from(workUnit)
    .where(eq(workUnit.id, row.machineId));
  const [suspended] = await tx.select().from(tagSuspension).where(eq(tagSuspension.tagId, row.tagId));
  const setpoint = (await latestOfTags(tx, [row.tagId], now)).get(row.tagId)?.num ?? null;
  const stands = setpoint !== null && Math.abs(setpoint - row.newValue) <= row.limits.tolerance;
  return machine?.off === false && suspended === undefined && stands;
}

const counted = {
  helped: { helped: sql`${detectionRule.helped} + 1` },
  did_not_help: { didNotHelp: sql`${detectionRule.didNotHelp} + 1` },
  cannot_tell: { cannotTell: sql`${detectionRule.cannotTell} + 1` },
} as const;

/** A return repairs; it says nothing about the rule. */
async function intoRecord(
  context: CommandContext,
  row: Adjustment,
  state: keyof typeof counted,
): Promise<void> {
  if (row.ruleId === null || row.returns !== null) return;
  await context.tx.update(detectionRule).set(counted[state]).where(eq(detectionRule.id, row.ruleId));
  context.publish(ruleChanged, `machine:${row.machineId}`, { ruleId: row.ruleId });
}

/**
 * Somebody moved a set-point, and it was not us: their hand wins. Automation keeps off it until a supervisor says
 * otherwise, and what was being measured ends as cannot tell.
 */
export const noteManualMove = defineCommand({
  name: "setpoint.moved",
  input: z.object({
    machineId: z.number().int(),
    tagId: z.number().int(),
    from: z.number(),
    to: z.number(),
    at: z.number(),
  }),
  allow: byService,
  run: async (context, { machineId, tagId, from, to, at }) => {
    const { tx, now, actor } = context;
    const [target] = await tx.select({ writable: tag.writable }).from(tag).where(eq(tag.id, tagId));
    if (target?.writable == null) return {};
    const values = { tagId, machineId, since: new Date(at), reason: "operator_moved" as const, value: to };
    await tx
      .insert(tagSuspension)
      .values(values)
      .onConflictDoUpdate({ target: tagSuspension.tagId, set: { value: to } });
    context.audit({
      action: "setpoint.moved",
      objectType: "tag",
      objectId: String(tagId),
      machineId,
      before: { value: from },
      after: { value: to, at },
    });
    context.publish(automationChanged, `machine:${machineId}`, { machineId, tagId, on: false });
    const measured = await tx
      .select({ id: adjustment.id, verification: adjustment.verification })
      .from(adjustment)
      .where(and(eq(adjustment.tagId, tagId), inArray(adjustment.state, [...inFlight])));
    for (const { id, verification } of measured) {
      await giveVerdict.within({ tx, now, actor }, stableId(`moved:${id}:${at}`), {
        adjustmentId: id,
        state: "cannot_tell",
        reason: "operator_moved",
        verification: Verification.nullable().catch(null).parse(verification),
      });
    }
    return {};
  },
});
