import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { tag } from "#db/schema/device/tags.ts";
import { causeRule, detectionRule, deviation } from "#db/schema/execution/detection.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { stableId } from "#server/core/ids.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { clearAlarm, raiseAlarm } from "#server/execution/alarms/alarms.commands.ts";
import type { AlarmPriority } from "#server/execution/alarms/alarms.contract.ts";
import { findCause, type FoundCause } from "./causes.queries.ts";
import { Evidence, SetAuthority } from "./detection.contract.ts";
import { deviationChanged, deviationCleared, deviationOpened, ruleChanged } from "./detection.facts.ts";
import { paramsOf } from "./words.rules.ts";

/** The newest statistic and the values before it, so that it can be seen whether it still grows. */
export const Latest = z.object({
  at: z.number(),
  value: z.number(),
  statistic: z.number(),
  recent: z.array(z.number()).max(12),
});
export type Latest = z.infer<typeof Latest>;

const byService = () => ({ action: "system.act" as const });
const alarmKey = (ruleId: number) => `deviation:${ruleId}`;

/**
 * A detector found something. Idempotent by (rule, time): a replay finds it again instead of making it twice.
 * Raises an alarm on the station where the operator can act on it, else it stands only in the office.
 */
export const openDeviation = defineCommand({
  name: "deviation.open",
  input: z.object({
    id: z.uuid(),
    ruleId: z.number().int(),
    since: z.number(),
    seenAt: z.number(),
    evidence: Evidence,
    latest: Latest,
  }),
  allow: byService,
  run: async (context, { id, ruleId, since, seenAt, evidence, latest }) => {
    const { tx, now } = context;
    const [rule] = await tx.select().from(detectionRule).where(eq(detectionRule.id, ruleId));
    if (rule === undefined) throw new Refusal("not_found");
    const { kind, machineId, tagId } = rule;
    const cause = await findCause(tx, { kind, machineId, direction: evidence.direction }, now);
    const inserted = await tx
      .insert(deviation)
      .values({
        id,
        ruleId,
        kind,
        machineId,
        tagId,
        state: "open",
        since: new Date(since),
        seenAt: new Date(seenAt),
        evidence,
        latest,
        causeRuleId: cause?.causeRuleId ?? null,
        causeSignals: cause?.signals ?? [],
      })
      .onConflictDoNothing()
      .returning({ id: deviation.id });
    if (inserted.length === 0) return { id };
    context.audit({
      action: "deviation.opened",
      objectType: "deviation",
      objectId: id,
      machineId,
      after: {
        kind,
        statistic: evidence.statistic,
        limit: evidence.limit,
        value: evidence.value,
        cause: cause?.code,
      },
    });
    context.publish(deviationOpened, `machine:${machineId}`, {
      deviationId: id,
      ruleId,
      kind,
      machineId,
      at: seenAt,
    });
    await alarmFor(context, { ...rule, deviationId: id, since, evidence }, cause);
    return { id };
  },
});

/** The alarm of a deviation, if the operator is the one who can act on it. */
async function alarmFor(
  { tx, now, actor }: CommandContext,
  d: {
    id: number;
    kind: "slowdown" | "temperature_drift" | "run_out";
    machineId: number;
    tagId: number;
    audience: "operator" | "office" | "by_cause";
    priority: number;
    deviationId: string;
    since: number;
    evidence: Evidence;
  },
  cause: FoundCause | null,
): Promise<void> {
  const operatorActs =
    d.audience === "operator" ||
    (d.audience === "by_cause" && cause !== null && cause.instructionCode !== null);
  if (!operatorActs) return;
  const [names] = await tx
    .select({ machine: workUnit.name, tag: tag.name, unit: tag.unit, decimals: tag.decimals })
    .from(tag)
    .innerJoin(workUnit, eq(workUnit.id, tag.machineId))
    .where(eq(tag.id, d.tagId));
  if (names === undefined) throw new Refusal("not_found");
  await raiseAlarm.within({ tx, now, actor }, stableId(`alarm:${d.deviationId}:${cause?.code ?? ""}`), {
    key: alarmKey(d.id),
    kind: d.kind,
    priority: d.priority as AlarmPriority,
    machineId: d.machineId,
    tagId: d.tagId,
    since: d.since,
    params: paramsOf(d.kind, d.evidence, names),
    deviationId: d.deviationId,
    causeRuleId: cause?.causeRuleId ?? null,
    instructionCode: cause?.instructionCode ?? null,
    blocksChanges: false,
  });
}

/** Still open: the newest statistic, and whether the signals point to another cause by now. */
export const followDeviation = defineCommand({
  name: "deviation.follow",
  input: z.object({ id: z.uuid(), latest: Latest }),
  allow: byService,
  run: async (context, { id, latest }) => {
    const { tx, now } = context;
    const [row] = await tx
      .select({ deviation, rule: detectionRule })
      .from(deviation)
      .innerJoin(detectionRule, eq(detectionRule.id, deviation.ruleId))
      .where(and(eq(deviation.id, id), eq(deviation.state, "open")));
    if (row === undefined) return {};
    const { machineId, kind, ruleId } = row.deviation;
    const evidence = row.deviation.evidence as Evidence;
    const found = await findCause(tx, { kind, machineId, direction: evidence.direction }, now);
    // A cause is named once and then kept: what the operator already follows must not change under the hands.
    const named = row.deviation.causeRuleId === null ? found : null;
    await tx
      .update(deviation)
      .set({
        latest,
        ...(named === null ? {} : { causeRuleId: named.causeRuleId, causeSignals: named.signals }),
      })
      .where(eq(deviation.id, id));
    if (named !== null) {
      const { rule } = row;
      await alarmFor(
        context,
        { ...rule, deviationId: id, since: row.deviation.since.getTime(), evidence },
        named,
      );
    }
    context.publish(deviationChanged, `machine:${machineId}`, {
      deviationId: id,
      ruleId,
      kind,
      machineId,
      at: latest.at,
    });
    return {};
  },
});

export const clearDeviation = defineCommand({
  name: "deviation.clear",
  input: z.object({ id: z.uuid(), at: z.number() }),
  allow: byService,
  run: async (context, { id, at }) => {
    const { tx, now, actor } = context;
    const [row] = await tx
      .update(deviation)
      .set({ state: "cleared", clearedAt: new Date(at) })
      .where(and(eq(deviation.id, id), eq(deviation.state, "open")))
      .returning();
    if (row === undefined) return {};
    const { machineId, kind, ruleId } = row;
    context.audit({
      action: "deviation.cleared",
      objectType: "deviation",
      objectId: id,
      machineId,
      after: { at },
    });
    context.publish(deviationCleared, `machine:${machineId}`, {
      deviationId: id,
      ruleId,
      kind,
      machineId,
      at,
    });
    await clearAlarm.within({ tx, now, actor }, stableId(`clear:${id}`), { key: alarmKey(ruleId), at });
    return {};
  },
});

const Judgement = z.object({ deviationId: z.uuid(), right: z.boolean() });

async function judge(
  context: CommandContext,
  { deviationId, right }: z.infer<typeof Judgement>,
  provedBySignals = false,
) {
  const { tx } = context;
  const [row] = await tx.select().from(deviation).where(eq(deviation.id, deviationId)).for("update");
  if (row === undefined) throw new Refusal("not_found");
  if (row.causeRuleId === null || row.causeRight !== null) return { judged: false };
  // A cause that no signal pointed to cannot be proved by one.
  if (provedBySignals && (row.causeSignals as unknown[]).length === 0) return { judged: false };
  await tx.update(deviation).set({ causeRight: right }).where(eq(deviation.id, deviationId));
  const [cause] = await tx
    .update(causeRule)
    .set({ judged: sql`${causeRule.judged} + 1`, wasRight: sql`${causeRule.wasRight} + ${right ? 1 : 0}` })
    .where(eq(causeRule.id, row.causeRuleId))
    .returning();
  context.audit({
    action: "cause.judged",
    objectType: "deviation",
    objectId: deviationId,
    machineId: row.machineId,
    after: { cause: cause?.code, right },
  });
  return { judged: true };
}

/** Somebody who was there says whether the likely cause was the right one. Once per deviation. */
export const judgeCause = defineCommand({
  name: "cause.judge",
  input: Judgement,
  allow: () => ({ action: "instruction.follow" }),
  run: (context, input) => judge(context, input),
});

/** The machine itself showed it: the signal that pointed to the cause is right again after its instruction. */
export const proveCause = defineCommand({
  name: "cause.prove",
  input: Judgement,
  allow: byService,
  run: (context, input) => judge(context, input, true),
});

/** How far a rule may go. Raising it is a decision of a supervisor with a reason. */
export const setAuthority = defineCommand({
  name: "rule.authority",
  input: SetAuthority,
  allow: () => ({ action: "rule.authority" }),
  run: async (context, { ruleId, authority, reason }) => {
    const { tx } = context;
    const [row] = await tx.select().from(detectionRule).where(eq(detectionRule.id, ruleId)).for("update");
    if (row === undefined) throw new Refusal("not_found");
    await tx
      .update(detectionRule)
      .set({ authority, version: row.version + 1 })
      .where(eq(detectionRule.id, ruleId));
    context.audit({
      action: "rule.authority",
      objectType: "rule",
      objectId: String(ruleId),
      machineId: row.machineId,
      before: { authority: row.authority },
      after: { authority },
      reason,
    });
    context.publish(ruleChanged, `machine:${row.machineId}`, { ruleId });
    return { ruleId };
  },
});
