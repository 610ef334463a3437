import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { product, standardCycle } from "#db/schema/execution/orders.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { AddProduct, ChangeProduct, SetStandardCycle } from "./products.contract.ts";
import { productChanged, standardChanged } from "./products.facts.ts";

const allow = () => ({ action: "product.manage" }) as const;

/** @throws Refusal already_taken @returns the new id */
export const addProduct = defineCommand({
  name: "product.add",
  input: AddProduct,
  allow,
  run: async (context, input) => {
    const [row] = await context.tx
      .insert(product)
      .values(input)
      .onConflictDoNothing()
      .returning({ id: product.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({ action: "product.add", objectType: "product", objectId: row.id, after: input });
    context.publish(productChanged, "plant", { productId: row.id });
    return { productId: row.id };
  },
});

/** Names a product anew; its code stays, for orders and files name it by that. */
export const changeProduct = defineCommand({
  name: "product.change",
  input: ChangeProduct,
  allow,
  run: async (context, { productId, name }) => {
    const before = await lockProduct(context.tx, productId);
    await context.tx.update(product).set({ name }).where(eq(product.id, productId));
    context.audit({
      action: "product.change",
      objectType: "product",
      objectId: productId,
      before: { name: before.name },
      after: { name },
    });
    context.publish(productChanged, "plant", { productId });
    return { productId };
  },
});

/**
 * Says how fast a machine ideally makes a product, from a time on. What held before stays for the time before; what
 * was said for later is replaced. Counts since then are weighed anew, so a past `from` restates its shifts.
 * @throws Refusal not_found
 */
export const setStandardCycle = defineCommand({
  name: "standard.set",
  input: SetStandardCycle,
  allow,
  run: async (context, { productId, machineId, cycleMs, partsPerCycle, from }) => {
    const { tx, now } = context;
    await lockProduct(tx, productId);
    const [machine] = await tx
      .select({ id: workUnit.id })
      .from(workUnit)
      .where(eq(workUnit.id, machineId))
      .limit(1);
    if (machine === undefined) throw new Refusal("not_found", {}, "machineId");
    const mine = and(eq(standardCycle.productId, productId), eq(standardCycle.machineId, machineId));
    const before = await tx.select().from(standardCycle).where(mine);
    const start = from ?? (before.length === 0 ? null : now);
    if (start !== null) {
      await tx.delete(standardCycle).where(and(mine, sql`lower(during) >= ${instant(start)}`));
      await tx
        .update(standardCycle)
        .set({ during: sql`tstzrange(lower(during), ${instant(start)})` })
        .where(and(mine, sql`during @> ${instant(start)}`));
    }
    await tx
      .insert(standardCycle)
      .values({ productId, machineId, cycleMs, partsPerCycle, during: { start, end: null } });
    context.audit({
      action: "standard.set",
      objectType: "product",
      objectId: productId,
      machineId,
      before: before.map(({ cycleMs: ms, partsPerCycle: parts, during }) => ({ ms, parts, during })),
      after: { cycleMs, partsPerCycle, from: start },
    });
    context.publish(productChanged, "plant", { productId });
    context.publish(standardChanged, `machine:${machineId}`, { productId, machineId, from: start ?? 0 });
    return { productId };
  },
});

async function lockProduct(tx: Tx, productId: string) {
  const [row] = await tx.select().from(product).where(eq(product.id, productId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "productId");
  return row;
}
