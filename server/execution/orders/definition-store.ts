import { and, eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { billOfMaterial, product, standardCycle } from "#db/schema/execution/orders.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { type Component, ofComponent, type Share, type Standard } from "./dated.queries.ts";

/** One writer of a product's definition at a time. @throws Refusal not_found */
export async function lockProduct(tx: Tx, productId: string): Promise<typeof product.$inferSelect> {
  const [row] = await tx.select().from(product).where(eq(product.id, productId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "productId");
  return row;
}

/** Puts these in the place of all that was said of the two. */
export async function writeStandards(
  tx: Tx,
  productId: string,
  machineId: number,
  rows: readonly Standard[],
): Promise<void> {
  await tx
    .delete(standardCycle)
    .where(and(eq(standardCycle.productId, productId), eq(standardCycle.machineId, machineId)));
  if (rows.length === 0) return;
  await tx.insert(standardCycle).values(
    rows.map(({ cycleMs, partsPerCycle, from, to }) => ({
      productId,
      machineId,
      cycleMs,
      partsPerCycle,
      during: { start: from, end: to },
    })),
  );
}

/** Puts these in the place of all that was said of the two. */
export async function writeShares(
  tx: Tx,
  productId: string,
  component: Component,
  rows: readonly Share[],
): Promise<void> {
  await tx.delete(billOfMaterial).where(ofComponent(productId, component));
  if (rows.length === 0) return;
  await tx.insert(billOfMaterial).values(
    rows.map(({ perPart, scrapPercent, from, to }) => ({
      productId,
      ...component,
      perPart,
      scrapPercent,
      during: { start: from, end: to },
    })),
  );
}
