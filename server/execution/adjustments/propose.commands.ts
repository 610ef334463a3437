import { and, desc, eq, inArray, isNull } from "drizzle-orm";
import { z } from "zod";
import { tag } from "#db/schema/device/tags.ts";
import { adjustment, tagSuspension } from "#db/schema/execution/adjustments.ts";
import { detectionRule, deviation } from "#db/schema/execution/detection.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { stableId } from "#server/core/ids.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { DeviationKind, Evidence } from "#server/execution/detection/detection.contract.ts";
import { latestOfTags } from "#server/execution/detection/signals.queries.ts";
import { paramsOf } from "#server/execution/detection/words.rules.ts";
import { type PredictedEffect, ProposeAdjustment, ReturnAdjustment } from "./adjustments.contract.ts";
import { beforeSending, inFlight } from "./adjustments.rules.ts";
import { decidable } from "./decidable.queries.ts";
import { whyNotReturn } from "./decisions.rules.ts";
import { approveByItself, propose, proposeReturn, setpointNow, type Tag, writableTag } from "./draft.ts";
import { kpiNow } from "./measure.queries.ts";
import { outcomesOfRule } from "./outcomes.queries.ts";
import { Plan, RuleAction } from "./plan.contract.ts";
import { predictKpi, predictProcess, proposeStep } from "./predict.rules.ts";
import { lockAdjustment, step } from "./record.ts";
import { isSteady } from "./steady.rules.ts";

/** A setter's own change: absolute value, with a reason. Goes the same way as a rule's. */
export const proposeAdjustment = defineCommand({
  name: "adjustment.propose",
  input: ProposeAdjustment,
  allow: ({ machineId }) => ({ action: "adjustment.propose", scope: { machineId } }),
  run: async (context, { machineId, tagId, value, reason, deviationId }) => {
    const { now, actor } = context;
    const { target, limits } = await writableTag(context, tagId);
    if (target.machineId !== machineId) throw new Refusal("not_found");
    const unit = target.unit ?? "";
    if (value < limits.min || value > limits.max)
      throw new Refusal("out_of_limits", { min: limits.min, max: limits.max, unit }, "value");
    const oldValue = await setpointNow(context, target);
    if (Math.abs(value - oldValue) > limits.maxStep)
      throw new Refusal("step_too_large", { max: limits.maxStep, unit }, "value");
    const rule = await ruleMoving(context, tagId);
    const plan = rule?.action.plan ?? Plan.parse({});
    const row = await propose(context, {
      id: stableId(`adjustment:${context.commandId}`),
      target,
      limits,
      oldValue,
      newValue: value,
      reason,
      author: { kind: "person", personId: actor.personId ?? null, name: actor.name },
      ruleId: null,
      deviationId: deviationId ?? null,
      returns: null,
      plan,
      approvalsNeeded: limits.riskClass,
      predicted: { process: null, kpi: null },
      notAfter: now + (rule?.action.proposalMs ?? RuleAction.shape.proposalMs.parse(undefined)),
    });
    if (row === null) throw new Refusal("other_change_outstanding");
    return { adjustmentId: row.id };
  },
});

async function ruleMoving(context: CommandContext, tagId: number) {
  const rules = await context.tx.select().from(detectionRule).where(eq(detectionRule.enabled, true));
  for (const rule of rules) {
    if (rule.action === null) continue;
    const action = RuleAction.parse(rule.action);
    if (action.targetTagId === tagId) return { rule, action };
  }
  return null;
}

/**
 * The proposal engine: a bounded run-to-run step towards the target, computed from the deviation. Says why there is
 * none. Nothing is proposed at authority 0, while automation is off or suspended, while another change is
 * outstanding, while the value still runs away, or again for a deviation that a person or a verdict has answered.
 */
export const proposeForDeviation = defineCommand({
  name: "adjustment.proposeForDeviation",
  input: z.object({ deviationId: z.uuid() }),
  allow: () => ({ action: "adjustment.propose" }),
  run: async (context, { deviationId }): Promise<{ adjustmentId: string | null; why: string | null }> => {
    const { tx, now } = context;
    const no = (why: string) => ({ adjustmentId: null, why });
    const [found] = await tx
      .select({ deviation, rule: detectionRule, machine: workUnit, tag })
      .from(deviation)
      .innerJoin(detectionRule, eq(detectionRule.id, deviation.ruleId))
      .innerJoin(workUnit, eq(workUnit.id, deviation.machineId))
      .innerJoin(tag, eq(tag.id, deviation.tagId))
      .where(and(eq(deviation.id, deviationId), eq(deviation.state, "open")));
    if (found === undefined) return no("cleared");
    const { rule, machine } = found;
    if (!rule.enabled || rule.authority < 1 || rule.action === null) return no("authority");
    if (machine.automationOff) return no("automation_off");
    const action = RuleAction.parse(rule.action);
    const [suspended] = await tx
      .select()
      .from(tagSuspension)
      .where(eq(tagSuspension.tagId, action.targetTagId));
    if (suspended !== undefined) return no("suspended");
    const busy = await busyOrAnswered(context, action, rule.id, deviationId);
    if (busy !== null) return no(busy);
    const latest = found.deviation.latest as { at: number; value: number; recent: number[] };
    if (
      now - found.deviation.seenAt.getTime() < action.waitMs &&
      !isSteady(latest.recent, action.steadyWithin)
    )
      return no("not_steady");

    const { target, limits } = await writableTag(context, action.targetTagId);
    const signals = await latestOfTags(tx, [target.id], now);
    const setpoint = signals.get(target.id);
    if (setpoint?.num == null || setpoint.at === null || setpoint.quality > 0) return no("input_not_fresh");
    const evidence = found.deviation.evidence as Evidence;
    const newValue = proposeStep({
      process: latest.value,
      target: action.target ?? evidence.normal,
      slope: action.slope,
      gain: action.gain,
      setpoint: setpoint.num,
      limits,
      decimals: target.decimals,
      stepLeast: action.stepLeast,
    });
    if (newValue === null) return no("nothing_inside_limits");
    const row = await propose(context, {
      id: stableId(`adjustment:${context.commandId}`),
      target,
      limits,
      oldValue: setpoint.num,
      newValue,
      reason: {
        key: `adjustment.reason.${rule.kind}`,
        params: paramsOf(
          rule.kind,
          { ...evidence, value: latest.value },
          {
            machine: machine.name,
            tag: found.tag.name,
            unit: found.tag.unit,
            decimals: found.tag.decimals,
          },
        ),
      },
      author: { kind: "rule", personId: null, name: found.tag.name },
      ruleId: rule.id,
      deviationId,
      returns: null,
      plan: action.plan,
      // Authority 3 writes by itself inside its limits, but never alone above risk class 1.
      approvalsNeeded: rule.authority >= 3 && limits.riskClass === 1 ? 0 : limits.riskClass,
      predicted: await predict(
        context,
        found.tag,
        rule.id,
        rule.kind,
        action,
        latest.value,
        newValue - setpoint.num,
      ),
      notAfter: now + action.proposalMs,
    });
    if (row === null) return no("outstanding");
    if (row.approvalsNeeded === 0) await approveByItself(context, row);
    return { adjustmentId: row.id, why: null };
  },
});

/** Why the rule keeps still: a change is under way, one was just made, or this deviation has had its answer. */
async function busyOrAnswered(
  { tx, now }: CommandContext,
  action: RuleAction,
  ruleId: number,
  deviationId: string,
): Promise<string | null> {
  const [going] = await tx
    .select({ id: adjustment.id })
    .from(adjustment)
    .where(
      and(
        eq(adjustment.tagId, action.targetTagId),
        inArray(adjustment.state, [...beforeSending, ...inFlight]),
      ),
    )
    .limit(1);
  if (going !== undefined) return "outstanding";
  const [last] = await tx
    .select()
    .from(adjustment)
    .where(and(eq(adjustment.ruleId, ruleId), isNull(adjustment.returns)))
    .orderBy(desc(adjustment.createdAt))
    .limit(1);
  if (last === undefined) return null;
  // Only after help does one step follow another: a no of a person or of the machine stands for this deviation.
  if (last.deviationId === deviationId && last.state !== "helped" && last.state !== "expired")
    return "answered";
  const since = last.endedAt === null ? Infinity : now - last.endedAt.getTime();
  return since < action.coolDownMs ? "cool_down" : null;
}

async function predict(
  { tx, now }: CommandContext,
  process: Tag,
  ruleId: number,
  kind: DeviationKind,
  action: RuleAction,
  value: number,
  change: number,
): Promise<PredictedEffect> {
  const outcomes = await outcomesOfRule(tx, ruleId, kind);
  const { id, name, unit, decimals } = process;
  const { kpi, beforeMs } = action.plan;
  const current = kpi === null ? null : await kpiNow(tx, kpi, now, beforeMs);
  const kpiPredicted = predictKpi(current, outcomes, kpi?.name === "cycle_time" ? "ms" : null);
  return {
    process: {
      ...predictProcess(value, change, action.slope, outcomes, unit),
      tag: { id, name, unit, decimals },
      now: value,
    },
    kpi: kpiPredicted === null || current === null ? null : { ...kpiPredicted, now: current },
  };
}

/** A supervisor takes a change back by hand, after its verdict. Their word is the approval. */
export const returnAdjustment = defineCommand({
  name: "adjustment.return",
  input: ReturnAdjustment,
  allow: () => ({ action: "adjustment.decide" }),
  run: async (context, { adjustmentId, reason }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    const refusal = whyNotReturn(await decidable(context.tx, row.id));
    if (refusal !== null) throw refusal;
    const back = await proposeReturn(context, row, { reason, author: context.actor });
    if (back === null) throw new Refusal("other_change_outstanding");
    if (row.asksPerson)
      await step(context, row, { move: null, event: "answered", set: { asksPerson: false }, reason });
    return { adjustmentId: back.id };
  },
});
