import { eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { adjustment, adjustmentEvent } from "#db/schema/execution/adjustments.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal, type RefusalView } from "#server/core/refusal.contract.ts";
import type { AdjustmentState, Why } from "./adjustments.contract.ts";
import { adjustmentChanged } from "./adjustments.facts.ts";
import { type AdjustmentMove, isOver, moveAdjustment } from "./adjustments.rules.ts";
import { Limits, Plan } from "./plan.contract.ts";

/** A row of the record with its frozen documents parsed. */
export type Adjustment = Omit<typeof adjustment.$inferSelect, "limits" | "plan"> & {
  readonly limits: Limits;
  readonly plan: Plan;
};

export function parsed(row: typeof adjustment.$inferSelect): Adjustment {
  return { ...row, limits: Limits.parse(row.limits), plan: Plan.parse(row.plan) };
}

/** The row, locked until the transaction ends: of two who decide at once, one waits and then sees the other's. */
export async function lockAdjustment(tx: Tx, id: string): Promise<Adjustment> {
  const [row] = await tx.select().from(adjustment).where(eq(adjustment.id, id)).for("update");
  if (row === undefined) throw new Refusal("not_found");
  return parsed(row);
}

export interface Step {
  /** The move; null = something is noted and the state stays. */
  readonly move: AdjustmentMove | null;
  /** Word of the timeline: `adjustment.event.<event>`. */
  readonly event: string;
  readonly set?: Partial<typeof adjustment.$inferInsert>;
  /** What a person said. */
  readonly reason?: string | undefined;
  readonly why?: Why | null;
  /** Stands in the audit beside state and values. */
  readonly detail?: string;
}

export function whyOf(refusal: RefusalView): Why {
  return { code: refusal.code, params: { ...refusal.params } };
}

/** One step of an adjustment: state, timeline, audit and fact together. @throws Refusal when it is not possible */
export async function step(context: CommandContext, row: Adjustment, what: Step): Promise<Adjustment> {
  const { tx, now } = context;
  const state: AdjustmentState | null = what.move === null ? row.state : moveAdjustment(row.state, what.move);
  if (state === null) throw new Refusal("wrong_state", { state: row.state });
  const ended = what.move !== null && isOver(state) ? { endedAt: new Date(now) } : {};
  const why = what.why === undefined ? {} : { why: what.why };
  const [after] = await tx
    .update(adjustment)
    .set({ ...what.set, ...why, ...ended, state, version: row.version + 1 })
    .where(eq(adjustment.id, row.id))
    .returning();
  if (after === undefined) throw new Refusal("not_found");
  await record(context, parsed(after), row.state, what);
  return parsed(after);
}

/** Timeline, audit and fact of a step that was just written. */
export async function record(
  context: CommandContext,
  row: Adjustment,
  before: AdjustmentState | null,
  what: Pick<Step, "event" | "reason" | "why" | "detail">,
): Promise<void> {
  const { tx, now, actor } = context;
  const { id, machineId, tagId, ruleId, deviationId, state, version } = row;
  await tx.insert(adjustmentEvent).values({
    adjustmentId: id,
    at: new Date(now),
    event: what.event,
    state,
    actor,
    reason: what.reason ?? null,
    why: what.why ?? null,
  });
  context.audit({
    action: `adjustment.${what.event}`,
    objectType: "adjustment",
    objectId: id,
    machineId,
    before: before === null ? undefined : { state: before },
    after: { state, value: row.newValue, old: row.oldValue, why: what.why ?? undefined, detail: what.detail },
    reason: what.reason,
  });
  context.publish(adjustmentChanged, `machine:${machineId}`, {
    adjustmentId: id,
    machineId,
    tagId,
    ruleId,
    deviationId,
    state,
    version,
  });
}
