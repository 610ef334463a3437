import { sql } from "drizzle-orm";
import { instant } from "#db/sql.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import type { OrderView } from "./orders.contract.ts";
import { CancelOrder, CloseOrder, HoldOrder, ReleaseOrder, ReopenOrder } from "./planning.contract.ts";
import { orderForUpdate, publishOrder } from "./planning.commands.ts";
import {
  delivered,
  stateAfterHold,
  whyNotCancel,
  whyNotClose,
  whyNotHold,
  whyNotRelease,
  whyNotReopen,
} from "./planning.rules.ts";

const allow = () => ({ action: "order.manage" }) as const;

async function setState(
  context: CommandContext,
  order: OrderView,
  deed: "hold" | "release" | "close" | "reopen" | "cancel",
  state: OrderView["state"],
  reason: string | undefined,
): Promise<{ orderId: string }> {
  const { tx, now, actor } = context;
  await tx.execute(sql`
    update production_order set state = ${state}, version = version + 1,
      held_reason = ${state === "held" ? (reason ?? "") : null}, held_by = ${state === "held" ? actor.name : null},
      held_at = ${state === "held" ? instant(now) : sql`null`},
      closed_reason = ${state === "closed" ? (reason ?? null) : null}
    where id = ${order.id}`);
  context.audit({
    action: `order.${deed}`,
    objectType: "order",
    objectId: order.id,
    before: { state: order.state },
    after: deed === "close" ? { state, delivered: delivered(order), of: order.quantity } : { state },
    reason,
  });
  publishOrder(context, order, state);
  return { orderId: order.id };
}

/** Nothing of a held order may begin; where one of its jobs runs, its station says so. */
export const holdOrder = defineCommand({
  name: "order.hold",
  input: HoldOrder,
  allow,
  run: async (context, { orderId, reason }) => {
    const order = await orderForUpdate(context.tx, orderId, context.now);
    const why = whyNotHold(order);
    if (why !== null) throw why;
    return setState(context, order, "hold", "held", reason);
  },
});

export const releaseOrder = defineCommand({
  name: "order.release",
  input: ReleaseOrder,
  allow,
  run: async (context, { orderId, reason }) => {
    const order = await orderForUpdate(context.tx, orderId, context.now);
    const why = whyNotRelease(order);
    if (why !== null) throw why;
    return setState(context, order, "release", stateAfterHold(order), reason);
  },
});

/** Nothing more is posted to it; what was not begun of it is cancelled. @throws Refusal order_running, reason_needed */
export const closeOrder = defineCommand({
  name: "order.close",
  input: CloseOrder,
  allow,
  run: async (context, { orderId, reason }) => {
    const order = await orderForUpdate(context.tx, orderId, context.now);
    const why = whyNotClose(order, reason);
    if (why !== null) throw why;
    await context.tx.execute(sql`
      update job set state = case when state = 'paused' then 'completed' else 'cancelled' end
      where order_id = ${orderId} and state in ('waiting', 'ready', 'paused')`);
    return setState(context, order, "close", "closed", reason);
  },
});

/** A closed order takes corrections again; its jobs stay as they are. */
export const reopenOrder = defineCommand({
  name: "order.reopen",
  input: ReopenOrder,
  allow,
  run: async (context, { orderId, reason }) => {
    const order = await orderForUpdate(context.tx, orderId, context.now);
    const why = whyNotReopen(order);
    if (why !== null) throw why;
    return setState(context, order, "reopen", "completed", reason);
  },
});

/** Takes back an order of which nothing was begun. @throws Refusal order_started */
export const cancelOrder = defineCommand({
  name: "order.cancel",
  input: CancelOrder,
  allow,
  run: async (context, { orderId, reason }) => {
    const order = await orderForUpdate(context.tx, orderId, context.now);
    const why = whyNotCancel(order);
    if (why !== null) throw why;
    await context.tx.execute(sql`update job set state = 'cancelled' where order_id = ${orderId}`);
    return setState(context, order, "cancel", "cancelled", reason);
  },
});
