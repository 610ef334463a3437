import { job, productionOrder } from "#db/schema/execution/orders.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { CreateOrder } from "./orders.contract.ts";
import { orderChanged } from "./orders.facts.ts";

/** Asks the plant to make something: an order, released, with its jobs. @throws Refusal already_taken */
export const createOrder = defineCommand({
  name: "order.create",
  input: CreateOrder,
  allow: () => ({ action: "order.manage" }),
  run: async (context, { code, productId, quantity, due, priority, jobs }) => {
    const { tx } = context;
    const [order] = await tx
      .insert(productionOrder)
      .values({
        code,
        productId,
        quantity,
        priority,
        due: due === null ? null : new Date(due),
        state: "ready",
      })
      .onConflictDoNothing()
      .returning({ id: productionOrder.id });
    if (order === undefined) throw new Refusal("already_taken", { value: code }, "code");
    const made = await tx
      .insert(job)
      .values(
        jobs.map((one, i) => ({
          ...one,
          orderId: order.id,
          sequence: (i + 1) * 10,
          quantity,
          state: "ready" as const,
        })),
      )
      .returning({ id: job.id });
    context.audit({
      action: "order.create",
      objectType: "order",
      objectId: order.id,
      after: { code, productId, quantity, due, priority, jobs },
    });
    context.publish(orderChanged, "plant", { orderId: order.id, state: "ready" });
    return { orderId: order.id, jobIds: made.map((m) => m.id) };
  },
});
