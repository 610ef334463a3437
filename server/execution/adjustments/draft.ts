import { eq } from "drizzle-orm";
import { tag } from "#db/schema/device/tags.ts";
import { adjustment } from "#db/schema/execution/adjustments.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import type { CommandContext } from "#server/core/command.ts";
import { stableId } from "#server/core/ids.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Words } from "#server/execution/detection/detection.contract.ts";
import { latestOfTags } from "#server/execution/detection/signals.queries.ts";
import type { PredictedEffect } from "./adjustments.contract.ts";
import { Limits, type Plan } from "./plan.contract.ts";
import { type Adjustment, parsed, record, step } from "./record.ts";

export type Tag = typeof tag.$inferSelect;

export interface Draft {
  readonly id: string;
  readonly target: Tag;
  readonly limits: Limits;
  readonly oldValue: number;
  readonly newValue: number;
  readonly reason: Words | string;
  readonly author: { kind: "rule" | "person" | "return"; personId: string | null; name: string };
  readonly ruleId: number | null;
  readonly deviationId: string | null;
  readonly returns: string | null;
  readonly plan: Plan;
  readonly approvalsNeeded: number;
  readonly predicted: PredictedEffect;
  readonly notAfter: number;
}

/** Puts a draft into the record and proposes it. One change outstanding per set-point: the database keeps that. */
export async function propose(context: CommandContext, draft: Draft): Promise<Adjustment | null> {
  const { tx, now } = context;
  const { id, target, author } = draft;
  const [row] = await tx
    .insert(adjustment)
    .values({
      id,
      state: "draft",
      machineId: target.machineId,
      tagId: target.id,
      oldValue: draft.oldValue,
      newValue: draft.newValue,
      reason: draft.reason,
      authorKind: author.kind,
      authorPerson: author.personId,
      authorName: author.name,
      ruleId: draft.ruleId,
      deviationId: draft.deviationId,
      returns: draft.returns,
      limits: draft.limits,
      plan: draft.plan,
      approvalsNeeded: draft.approvalsNeeded,
      predicted: draft.predicted,
      createdAt: new Date(now),
      notAfter: new Date(draft.notAfter),
    })
    .onConflictDoNothing()
    .returning();
  if (row === undefined) return null;
  const reason = typeof draft.reason === "string" ? draft.reason : undefined;
  await record(context, parsed(row), null, { event: "drafted", reason });
  return step(context, parsed(row), { move: "propose", event: "proposed", reason });
}

export async function writableTag(
  context: CommandContext,
  tagId: number,
): Promise<{ target: Tag; limits: Limits }> {
  const [target] = await context.tx.select().from(tag).where(eq(tag.id, tagId));
  if (target === undefined) throw new Refusal("not_found");
  if (target.writable === null)
    throw new Refusal("out_of_limits", { min: "–", max: "–", unit: target.unit ?? "" });
  return { target, limits: Limits.parse(target.writable) };
}

export async function setpointNow(context: CommandContext, target: Tag): Promise<number> {
  const latest = (await latestOfTags(context.tx, [target.id], context.now)).get(target.id);
  if (
    latest?.at == null ||
    latest.num === null ||
    latest.quality > 0 ||
    context.now - latest.at > latest.freshMs
  )
    throw new Refusal("input_not_fresh", { name: target.name });
  return latest.num;
}

export async function approveByItself(context: CommandContext, row: Adjustment): Promise<void> {
  await step(context, row, {
    move: "approve",
    event: "approved",
    set: { notAfter: new Date(context.now + row.plan.approvalMs) },
  });
}

/** Takes a change back: a new adjustment to the value before, through the same gate, announced like any other. */
export async function proposeReturn(
  context: CommandContext,
  original: Adjustment,
  why: { readonly reason: Words | string; readonly author: Actor | null },
): Promise<Adjustment | null> {
  const { target, limits } = await writableTag(context, original.tagId);
  const row = await propose(context, {
    id: stableId(`return:${original.id}:${context.commandId}`),
    target,
    limits,
    oldValue: original.newValue,
    newValue: original.oldValue,
    reason: why.reason,
    author:
      why.author === null
        ? { kind: "return", personId: null, name: original.authorName }
        : { kind: "person", personId: why.author.personId ?? null, name: why.author.name },
    ruleId: original.ruleId,
    deviationId: original.deviationId,
    returns: original.id,
    plan: original.plan,
    approvalsNeeded: 0,
    predicted: { process: null, kpi: null },
    notAfter: context.now + original.plan.approvalMs,
  });
  if (row !== null) await approveByItself(context, row);
  return row;
}
