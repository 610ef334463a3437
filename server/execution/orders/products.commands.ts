import { eq } from "drizzle-orm";
import { product } from "#db/schema/execution/orders.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { type CommandContext, defineCommand } from "#server/core/command.ts";
import { differFrom, saidFrom } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { type Standard, standardsOf } from "./dated.queries.ts";
import { lockProduct, writeStandards } from "./definition-store.ts";
import { standardField } from "./definition-fields.rules.ts";
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
    const before = await standardsOf(tx, productId, machineId);
    const start = from ?? (before.length === 0 ? null : now);
    const said = { cycleMs, partsPerCycle };
    await replaceStandards(context, productId, machineId, before, saidFrom(before, start, said));
    return { productId };
  },
});

/** Puts other standards in the place of those that were said of a product on a machine. */
export async function replaceStandards(
  context: CommandContext,
  productId: string,
  machineId: number,
  before: readonly Standard[],
  after: readonly Standard[],
): Promise<void> {
  await writeStandards(context.tx, productId, machineId, after);
  const field = standardField(machineId);
  context.audit({
    action: "standard.set",
    objectType: "product",
    objectId: productId,
    machineId,
    before: { [field]: before },
    after: { [field]: after },
  });
  publishStandards(context, productId, machineId, before, after);
}

/** Tells from when on another standard holds; nothing where they say the same. */
function publishStandards(
  context: CommandContext,
  productId: string,
  machineId: number,
  before: readonly Standard[],
  after: readonly Standard[],
): void {
  context.publish(productChanged, "plant", { productId });
  const from = differFrom(before, after);
  if (from === null) return;
  context.publish(standardChanged, `machine:${machineId}`, { productId, machineId, from: Math.max(0, from) });
}
