import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant, intArray } from "#db/sql.ts";
import { job, productionOrder } from "#db/schema/execution/orders.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { CreateOrder } from "./orders.contract.ts";
import { orderChanged, queueChanged } from "./orders.facts.ts";
import { orderById, waitingJobs } from "./orders.queries.ts";
import { PlaceJob, SplitOrder } from "./planning.contract.ts";
import { placed, whyNotSplit } from "./planning.rules.ts";
import type { OrderView } from "./orders.contract.ts";
import type { Operation } from "./routing.contract.ts";
import { routingAt } from "./routing.queries.ts";
import { jobsOf, machinesFor } from "./routing.rules.ts";

/** An order with its jobs, locked; its machines are locked first, as whoever starts a job does. */
export async function orderForUpdate(tx: Tx, orderId: string, now: number): Promise<OrderView> {
  const machines = await tx.execute<{ id: number }>(
    sql`select distinct machine_id as id from job where order_id = ${orderId} order by 1`,
  );
  await tx.execute(sql`
    select from work_unit where id = any(${intArray(machines.map((m) => m.id))}) order by id for no key update`);
  await tx.execute(sql`select from production_order where id = ${orderId} for update`);
  const order = await orderById(tx, orderId, now);
  if (order === undefined) throw new Refusal("not_found", {}, "orderId");
  return order;
}

/** Tells the plant, and each machine whose queue or running job it touches. */
export function publishOrder(context: CommandContext, order: OrderView, state: string): void {
  context.publish(orderChanged, "plant", { orderId: order.id, state });
  for (const machineId of new Set(order.jobs.map((one) => one.machineId)))
    context.publish(queueChanged, `machine:${machineId}`, { machineId });
}

/**
 * Asks the plant to make something: an order, released, with its jobs; without them it goes as the product's routing says.
 * It keeps the version of the routing that holds now. @throws Refusal already_taken, routing_needed
 */
export const createOrder = defineCommand({
  name: "order.create",
  input: CreateOrder,
  allow: () => ({ action: "order.manage" }),
  run: async (context, { code, productId, quantity, due, priority, jobs: given }) => {
    const { tx, now } = context;
    const version = await routingAt(tx, productId, now);
    const jobs =
      given?.map((one, i) => ({ ...one, sequence: (i + 1) * 10 })) ??
      (await jobsByRouting(tx, productId, now, version?.operations ?? []));
    const [order] = await tx
      .insert(productionOrder)
      .values({
        code,
        productId,
        quantity,
        priority,
        due: due === null ? null : new Date(due),
        state: "ready",
        routingId: version?.id ?? null,
      })
      .onConflictDoNothing()
      .returning({ id: productionOrder.id });
    if (order === undefined) throw new Refusal("already_taken", { value: code }, "code");
    const made = await tx
      .insert(job)
      .values(
        jobs.map((one) => ({
          ...one,
          orderId: order.id,
          quantity,
          state: "ready" as const,
        })),
      )
      .returning({ id: job.id });
    context.audit({
      action: "order.create",
      objectType: "order",
      objectId: order.id,
      after: { code, productId, quantity, due, priority, jobs, routingVersion: version?.version ?? null },
    });
    context.publish(orderChanged, "plant", { orderId: order.id, state: "ready" });
    for (const machineId of new Set(jobs.map((one) => one.machineId)))
      context.publish(queueChanged, `machine:${machineId}`, { machineId });
    return { orderId: order.id, jobIds: made.map((m) => m.id) };
  },
});

async function jobsByRouting(tx: Tx, productId: string, now: number, operations: readonly Operation[]) {
  const machines = await tx.execute<{ id: number; kind: string; timed: boolean }>(sql`
    select w.id, w.kind, exists (
      select from standard_cycle s
      where s.machine_id = w.id and s.product_id = ${productId} and s.during @> ${instant(now)}) as timed
    from work_unit w order by w.code`);
  const timed = new Set(machines.filter((machine) => machine.timed).map(({ id }) => id));
  const jobs = jobsOf(
    operations.map((one) => ({ ...one, machines: machinesFor(one, machines) })),
    timed,
  );
  if (jobs.length === 0) throw new Refusal("routing_needed", {}, "jobs");
  return jobs;
}

/**
 * Moves parts to an order of their own that remembers where it came from. What is made stays.
 * @throws Refusal below_made, wrong_state, already_taken
 */
export const splitOrder = defineCommand({
  name: "order.split",
  input: SplitOrder,
  allow: () => ({ action: "order.manage" }),
  run: async (context, { orderId, quantity, code }) => {
    const { tx, now } = context;
    const order = await orderForUpdate(tx, orderId, now);
    const why = whyNotSplit(order, quantity);
    if (why !== null) throw why;
    const [part] = await tx
      .insert(productionOrder)
      .values({
        code,
        productId: order.productId,
        quantity,
        priority: order.priority,
        due: order.due === null ? null : new Date(order.due),
        state: "ready",
        parentId: orderId,
        // What is split off goes the way its order goes.
        routingId: sql`(select routing_id from production_order where id = ${orderId})`,
      })
      .onConflictDoNothing()
      .returning({ id: productionOrder.id });
    if (part === undefined) throw new Refusal("already_taken", { value: code }, "code");
    const jobs = order.jobs.filter((one) => one.state !== "cancelled");
    const made = await tx
      .insert(job)
      .values(
        jobs.map(({ sequence, operation, machineId }) => ({
          orderId: part.id,
          sequence,
          operation,
          machineId,
          quantity,
          state: "ready" as const,
        })),
      )
      .returning({ id: job.id });
    const left = order.quantity - quantity;
    await tx.execute(sql`
      update production_order set quantity = ${left}, version = version + 1 where id = ${orderId}`);
    await tx.execute(sql`update job set quantity = ${left} where order_id = ${orderId}`);
    context.audit({
      action: "order.split",
      objectType: "order",
      objectId: orderId,
      before: { quantity: order.quantity },
      after: { quantity: left, part: { orderId: part.id, code, quantity } },
    });
    publishOrder(context, order, order.state);
    context.publish(orderChanged, "plant", { orderId: part.id, state: "ready" });
    return { orderId: part.id, jobIds: made.map((m) => m.id) };
  },
});

/** Says which job comes when at a machine; the station sees its queue in this order. @throws Refusal conflict */
export const placeJob = defineCommand({
  name: "job.place",
  input: PlaceJob,
  allow: ({ machineId }) => ({ action: "order.manage", scope: { machineId } }),
  run: async (context, { machineId, jobId, before }) => {
    const { tx, now } = context;
    await tx.execute(sql`select from work_unit where id = ${machineId} for no key update`);
    const queue = (await waitingJobs(tx, [machineId], now)).map((one) => one.jobId);
    // Somebody started, held or finished one of the two meanwhile: the person has to look again.
    if (!queue.includes(jobId) || (before !== null && !queue.includes(before))) throw new Refusal("conflict");
    const next = placed(queue, jobId, before);
    await tx.execute(sql`
      update job set rank = u.rank from unnest(${`{${next.join(",")}}`}::uuid[]) with ordinality u(id, rank)
      where job.id = u.id`);
    context.audit({
      action: "job.place",
      objectType: "job",
      objectId: jobId,
      machineId,
      before: { place: queue.indexOf(jobId) + 1 },
      after: { place: next.indexOf(jobId) + 1 },
    });
    context.publish(queueChanged, `machine:${machineId}`, { machineId });
    context.publish(orderChanged, "plant", { orderId: null, state: "placed" });
    return { jobIds: [...next] };
  },
});
