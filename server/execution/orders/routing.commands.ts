import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant, periodOf } from "#db/sql.ts";
import { skill } from "#db/schema/execution/people.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { routing, routingOperation, routingOperationMachine } from "#db/schema/execution/routings.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { lockProduct } from "./definition-store.ts";
import { productChanged } from "./products.facts.ts";
import { type Operation, SetRouting } from "./routing.contract.ts";
import { inSequence, sameOperations, whyNotRouting } from "./routing.rules.ts";
import { routingAt, type RoutingPeriod, routingPeriods } from "./routing.queries.ts";

/**
 * Says how a product is made, from a time on: a new version, the earlier ones stay. An order keeps the version it was
 * made with, so a past `from` changes no order.
 * @throws Refusal not_found, operation_twice, operation_nowhere, nothing_changes
 */
export const setRouting = defineCommand({
  name: "routing.set",
  input: SetRouting,
  allow: () => ({ action: "product.manage" }),
  run: async (context, { productId, operations, from }) => {
    await lockProduct(context.tx, productId);
    return putRouting(context, productId, operations, from);
  },
});

/** @returns the version it got */
export async function putRouting(
  context: CommandContext,
  productId: string,
  operations: readonly Operation[],
  from?: number,
): Promise<{ routingId: number; version: number }> {
  const { tx, now } = context;
  const why = whyNotRouting(
    operations,
    await tx.select({ id: workUnit.id, kind: workUnit.kind }).from(workUnit),
  );
  if (why !== null) throw why;
  await refuseUnknownSkill(tx, operations);
  const before = await routingPeriods(tx, productId);
  const start = from ?? (before.length === 0 ? null : now);
  const held = await routingAt(tx, productId, start ?? now);
  const said = inSequence(operations);
  if (held !== undefined && sameOperations(held.operations, said)) throw new Refusal("nothing_changes");
  await endVersions(tx, productId, start);
  const version = before.length + 1;
  const [made] = await tx
    .insert(routing)
    .values({ productId, version, during: { start, end: null } })
    .returning({ id: routing.id });
  if (made === undefined) throw new Refusal("conflict");
  for (const { machineIds, ...operation } of said) {
    const [row] = await tx
      .insert(routingOperation)
      .values({ ...operation, routingId: made.id })
      .returning({ id: routingOperation.id });
    if (row !== undefined && machineIds.length > 0)
      await tx
        .insert(routingOperationMachine)
        .values([...new Set(machineIds)].map((machineId) => ({ operationId: row.id, machineId })));
  }
  context.audit({
    action: "routing.set",
    objectType: "product",
    objectId: productId,
    before: { versions: before, operations: held?.operations ?? [] },
    after: { versions: await routingPeriods(tx, productId), operations: said },
  });
  context.publish(productChanged, "plant", { productId });
  return { routingId: made.id, version };
}

/** A version that another one takes the place of before it held keeps an empty period: an order may be made by it. */
async function endVersions(tx: Tx, productId: string, start: number | null): Promise<void> {
  const mine = eq(routing.productId, productId);
  if (start === null) {
    await tx
      .update(routing)
      .set({ during: sql`'empty'` })
      .where(mine);
    return;
  }
  await tx
    .update(routing)
    .set({ during: sql`'empty'` })
    .where(and(mine, sql`lower(${routing.during}) >= ${instant(start)}`));
  await tx
    .update(routing)
    .set({ during: sql`${routing.during} * ${periodOf(null, start)}` })
    .where(and(mine, sql`${routing.during} @> ${instant(start)}`));
}

async function refuseUnknownSkill(tx: Tx, operations: readonly Operation[]): Promise<void> {
  const wanted = [...new Set(operations.flatMap(({ skillId }) => (skillId === null ? [] : [skillId])))];
  if (wanted.length === 0) return;
  const known = await tx.select({ id: skill.id }).from(skill).where(inArray(skill.id, wanted));
  if (known.length < wanted.length) throw new Refusal("not_found", {}, "operations");
}

/** Puts back which version held when. The one that is taken back keeps an empty period: an order may be made by it. */
export async function restoreVersions(
  context: CommandContext,
  productId: string,
  versions: readonly RoutingPeriod[],
  operations: { readonly before: unknown; readonly after: unknown },
): Promise<void> {
  const { tx } = context;
  const before = await routingPeriods(tx, productId);
  const mine = eq(routing.productId, productId);
  await tx
    .update(routing)
    .set({ during: sql`'empty'` })
    .where(mine);
  for (const { version, from, to, replaced } of versions) {
    if (replaced) continue;
    await tx
      .update(routing)
      .set({ during: { start: from, end: to } })
      .where(and(mine, eq(routing.version, version)));
  }
  context.audit({
    action: "routing.set",
    objectType: "product",
    objectId: productId,
    before: { versions: before, operations: operations.before },
    after: { versions: await routingPeriods(tx, productId), operations: operations.after },
  });
  context.publish(productChanged, "plant", { productId });
}
