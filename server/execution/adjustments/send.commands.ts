import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Tx } from "#db/client.ts";
import { setting } from "#db/schema/core/core.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal, type RefusalCode, refusalCodes } from "#server/core/refusal.contract.ts";
import { type Actuation, ActuationAnswer } from "#server/edge/uplink.contract.ts";
import { moveAdjustment } from "./adjustments.rules.ts";
import { decidable } from "./decidable.queries.ts";
import { gateInput } from "./gate.queries.ts";
import { whyNotSend } from "./gate.rules.ts";
import { lockAdjustment, step, whyOf } from "./record.ts";

const byService = () => ({ action: "system.act" as const });
const Outside = z.object({ adjustmentId: z.uuid(), edgeOnline: z.boolean(), stationMs: z.number() });

/** Reasons that pass by themselves during the countdown; the gate asks again before anything is sent. */
const mayPass: ReadonlySet<RefusalCode> = new Set(["rate_too_high"]);

/**
 * Shows the change on the machine's station with its countdown, if the machine could take it now. Otherwise it is
 * blocked, with the reason, and a supervisor may release it.
 */
export const announceAdjustment = defineCommand({
  name: "adjustment.announce",
  input: Outside,
  allow: byService,
  run: async (context, { adjustmentId, ...outside }) => {
    const { tx, now } = context;
    const row = await lockAdjustment(tx, adjustmentId);
    if (row.state !== "approved") return { state: row.state };
    // A badge is asked for by the announcement itself; everything else is looked at as if it were there.
    const gate = {
      ...(await gateInput(tx, row, { now, ...outside })),
      badge: { needed: false, given: false },
    };
    const refusal = whyNotSend(gate);
    if (refusal !== null && !mayPass.has(refusal.code)) {
      const after = await step(context, row, { move: "block", event: "blocked", why: whyOf(refusal) });
      return { state: after.state };
    }
    const [machine] = await tx
      .select({ announceMs: workUnit.announceMs })
      .from(workUnit)
      .where(eq(workUnit.id, row.machineId));
    const sendAt = new Date(now + (machine?.announceMs ?? 0));
    const after = await step(context, row, {
      move: "announce",
      event: "announced",
      why: null,
      // Whoever confirmed an earlier announcement, before a hold or a block, stood at another moment of the machine.
      set: { sendAt, confirmedBy: null },
    });
    return { state: after.state };
  },
});

interface Counter {
  readonly epoch: string;
  readonly value: number;
}
const counterKey = "actuation_counter";

/** The next number of the actuations of this plant; its epoch is renewed by a restore (design §5). */
async function nextCounter(tx: Tx, now: number): Promise<Counter> {
  const fresh = { epoch: randomUUID(), value: 0 };
  await tx
    .insert(setting)
    .values({ key: counterKey, value: fresh, at: new Date(now) })
    .onConflictDoNothing();
  const [row] = await tx.select().from(setting).where(eq(setting.key, counterKey)).for("update");
  const last = (row?.value ?? fresh) as Counter;
  const next = { epoch: last.epoch, value: last.value + 1 };
  await tx
    .update(setting)
    .set({ value: { ...(row?.value as object), ...next }, at: new Date(now) })
    .where(eq(setting.key, counterKey));
  return next;
}

export interface Sending {
  readonly state: string;
  /** Present when it was committed as sent and must now be given to the edge, once. */
  readonly send: { readonly edgeId: number; readonly actuation: Actuation; readonly answerMs: number } | null;
}

/**
 * The countdown is over: the gate looks at everything once more, and `sent` is committed *before* anything leaves.
 * Whatever happens afterwards, it is never sent again.
 */
export const sendAdjustment = defineCommand({
  name: "adjustment.send",
  input: Outside,
  allow: byService,
  run: async (context, { adjustmentId, ...outside }): Promise<Sending> => {
    const { tx, now } = context;
    const row = await lockAdjustment(tx, adjustmentId);
    if (row.state !== "announced" || row.sendAt === null || row.sendAt.getTime() > now)
      return { state: row.state, send: null };
    const refusal = whyNotSend(await gateInput(tx, row, { now, ...outside }));
    if (refusal !== null) {
      // A badge may still come until the approval runs out.
      if (refusal.code === "badge_needed") return { state: row.state, send: null };
      const after = await step(context, row, {
        move: "block",
        event: "blocked",
        why: whyOf(refusal),
        set: { sendAt: null },
      });
      return { state: after.state, send: null };
    }
    const [target] = await tx
      .select({ unit: tag.unit, edgeId: source.edgeId })
      .from(tag)
      .innerJoin(source, eq(source.id, tag.sourceId))
      .where(eq(tag.id, row.tagId));
    if (target === undefined) throw new Refusal("not_found");
    const { epoch, value: counter } = await nextCounter(tx, now);
    const facts = await decidable(tx, row.id);
    const actuation: Actuation = {
      id: randomUUID(),
      counterEpoch: epoch,
      counter,
      adjustmentId: row.id,
      machineId: row.machineId,
      tagId: row.tagId,
      value: row.newValue,
      unit: target.unit,
      expected: row.oldValue,
      notAfter: row.notAfter.getTime(),
      ttlMs: Math.max(1, Math.min(row.plan.answerMs, row.notAfter.getTime() - now)),
      approver: facts.approvedBy.at(-1)?.name ?? row.authorName,
    };
    const after = await step(context, row, {
      move: "send",
      event: "sent",
      why: null,
      set: { actuationId: actuation.id, counterEpoch: epoch, counter, sentAt: new Date(now) },
    });
    return { state: after.state, send: { edgeId: target.edgeId, actuation, answerMs: row.plan.answerMs } };
  },
});

/** A refusal code of the edge, or the nearest one we have words for. */
function reasonOf(answer: ActuationAnswer) {
  const code = refusalCodes.find((c) => c === answer.reason);
  return code === undefined
    ? { code: "wrong_state" as const, params: { state: answer.reason ?? answer.result } }
    : { code, params: {} };
}

/** The edge's word. An answer that comes after the waiting is over is noted; a person decides about `unknown`. */
export const answerAdjustment = defineCommand({
  name: "adjustment.answer",
  input: z.object({ adjustmentId: z.uuid(), answer: ActuationAnswer }),
  allow: byService,
  run: async (context, { adjustmentId, answer }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (row.actuationId !== answer.id) throw new Refusal("conflict");
    const set = { answeredAt: new Date(context.now) };
    if (row.state !== "sent") {
      if (row.state !== "unknown" || row.answeredAt !== null) return { state: row.state };
      const noted = await step(context, row, { move: null, event: `late_${answer.result}`, set });
      return { state: noted.state };
    }
    const after =
      answer.result === "accepted"
        ? await step(context, row, { move: "accept", event: "accepted", set })
        : answer.result === "refused"
          ? await step(context, row, {
              move: "refuse",
              event: "refused",
              why: reasonOf(answer),
              set: { ...set, asksPerson: true },
            })
          : await step(context, row, { move: "lose", event: "unknown", set: { asksPerson: true } });
    return { state: after.state };
  },
});

/** Sent, and nobody knows what became of it: after a crash, a restore, or an echo that never came. */
export const loseAdjustment = defineCommand({
  name: "adjustment.lose",
  input: z.object({ adjustmentId: z.uuid(), reason: z.enum(["restarted", "restored", "no_echo"]) }),
  allow: byService,
  run: async (context, { adjustmentId, reason }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (moveAdjustment(row.state, "lose") === null) return { state: row.state };
    const set = { asksPerson: true, ...(reason === "no_echo" ? { verdictReason: "no_echo" } : {}) };
    const after = await step(context, row, { move: "lose", event: "unknown", set, detail: reason });
    return { state: after.state };
  },
});

export const expireAdjustment = defineCommand({
  name: "adjustment.expire",
  input: z.object({ adjustmentId: z.uuid() }),
  allow: byService,
  run: async (context, { adjustmentId }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (row.notAfter.getTime() > context.now || moveAdjustment(row.state, "expire") === null)
      return { state: row.state };
    const after = await step(context, row, { move: "expire", event: "expired", set: { sendAt: null } });
    return { state: after.state };
  },
});

/** Something happened that must stop a change at once: an open guard, automation turned off. */
export const blockAdjustment = defineCommand({
  name: "adjustment.block",
  input: z.object({ adjustmentId: z.uuid(), code: z.enum(refusalCodes) }),
  allow: byService,
  run: async (context, { adjustmentId, code }) => {
    const row = await lockAdjustment(context.tx, adjustmentId);
    if (moveAdjustment(row.state, "block") === null) return { state: row.state };
    const why = { code, params: {} };
    const after = await step(context, row, { move: "block", event: "blocked", why, set: { sendAt: null } });
    return { state: after.state };
  },
});

/**
 * The database was restored. What it calls sent may or may not have reached the machine; what it calls approved may
 * have been sent since. So nothing goes on by itself, and the counter gets a new epoch that no edge has seen.
 */
export const afterRestore = defineCommand({
  name: "adjustment.afterRestore",
  input: z.object({ restoredAt: z.number() }),
  allow: byService,
  run: async (context, { restoredAt }) => {
    const { tx, now } = context;
    const [row] = await tx.select().from(setting).where(eq(setting.key, counterKey)).for("update");
    const handled = (row?.value as { restoredAt?: number } | undefined)?.restoredAt;
    if (handled === restoredAt) return { lost: 0 };
    const value = { epoch: randomUUID(), value: 0, restoredAt };
    await tx
      .insert(setting)
      .values({ key: counterKey, value, at: new Date(now) })
      .onConflictDoUpdate({ target: setting.key, set: { value, at: new Date(now) } });
    const open = await tx.execute<{ id: string; state: string }>(
      sql`select id, state from adjustment where state in ('sent', 'accepted', 'approved', 'announced') order by id`,
    );
    for (const { id, state } of open) {
      const adjustment = await lockAdjustment(tx, id);
      const sent = state === "sent" || state === "accepted";
      await step(context, adjustment, {
        move: sent ? "lose" : "hold",
        event: sent ? "unknown" : "held",
        detail: "restored",
        set: { asksPerson: sent, sendAt: null },
        why: sent ? null : { code: "held", params: { name: "restore" } },
      });
    }
    return { lost: open.length };
  },
});
