import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { billOfMaterial, product, standardCycle } from "#db/schema/execution/orders.ts";
import type { Dated } from "#server/core/dated.rules.ts";
import { Refusal } from "#server/core/refusal.contract.ts";

/** One writer of a product's definition at a time. @throws Refusal not_found */
export async function lockProduct(tx: Tx, productId: string): Promise<typeof product.$inferSelect> {
  const [row] = await tx.select().from(product).where(eq(product.id, productId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "productId");
  return row;
}

export type Standard = { readonly cycleMs: number; readonly partsPerCycle: number } & Dated;

/** How fast a machine ideally makes a product, by time. */
export async function standardsOf(db: Db | Tx, productId: string, machineId: number): Promise<Standard[]> {
  const rows = await db
    .select()
    .from(standardCycle)
    .where(and(eq(standardCycle.productId, productId), eq(standardCycle.machineId, machineId)));
  return rows
    .map(({ cycleMs, partsPerCycle, during }) => ({
      cycleMs,
      partsPerCycle,
      from: during.start,
      to: during.end,
    }))
    .toSorted(byTime);
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

/** A material or a product; one of the two is null. */
export interface Component {
  readonly materialId: string | null;
  readonly componentId: string | null;
}
export type Share = { readonly perPart: number; readonly scrapPercent: number } & Dated;

const ofComponent = (productId: string, { materialId, componentId }: Component) =>
  and(
    eq(billOfMaterial.productId, productId),
    sql`coalesce(${billOfMaterial.materialId}, ${billOfMaterial.componentId}) = ${materialId ?? componentId}`,
  );

/** What one part of a product holds of a component, by time. */
export async function sharesOf(db: Db | Tx, productId: string, component: Component): Promise<Share[]> {
  const rows = await db.select().from(billOfMaterial).where(ofComponent(productId, component));
  return rows
    .map(({ perPart, scrapPercent, during }) => ({
      perPart,
      scrapPercent,
      from: during.start,
      to: during.end,
    }))
    .toSorted(byTime);
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

const byTime = (a: Dated, b: Dated) => (a.from ?? -Infinity) - (b.from ?? -Infinity);
