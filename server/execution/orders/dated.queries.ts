import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { billOfMaterial, standardCycle } from "#db/schema/execution/orders.ts";
import type { Dated } from "#server/core/dated.rules.ts";

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

/** A material or a product; one of the two is null. */
export interface Component {
  readonly materialId: string | null;
  readonly componentId: string | null;
}
export type Share = { readonly perPart: number; readonly scrapPercent: number } & Dated;

/** The rows of one component in a bill. */
export const ofComponent = (productId: string, { materialId, componentId }: Component) =>
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

const byTime = (a: Dated, b: Dated) => (a.from ?? -Infinity) - (b.from ?? -Infinity);
