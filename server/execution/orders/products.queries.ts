import { asc, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { product, standardCycle } from "#db/schema/execution/orders.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { ProductView } from "./products.contract.ts";

/** Products by code, each with its standard cycles. @param productId only this one */
export async function listProducts(db: Db | Tx, productId?: string): Promise<ProductView[]> {
  const products = await db
    .select()
    .from(product)
    .where(productId === undefined ? undefined : eq(product.id, productId))
    .orderBy(asc(product.code));
  const standards = await db
    .select({
      productId: standardCycle.productId,
      machineId: standardCycle.machineId,
      machineName: workUnit.name,
      cycleMs: standardCycle.cycleMs,
      partsPerCycle: standardCycle.partsPerCycle,
      during: standardCycle.during,
    })
    .from(standardCycle)
    .innerJoin(workUnit, eq(workUnit.id, standardCycle.machineId))
    .where(productId === undefined ? undefined : eq(standardCycle.productId, productId))
    .orderBy(asc(workUnit.name), sql`lower(${standardCycle.during}) desc nulls last`);
  return products.map(({ id, code, name }) => ({
    id,
    code,
    name,
    standards: standards
      .filter((s) => s.productId === id)
      .map(({ productId: _product, during, ...s }) => ({ ...s, from: during.start, to: during.end })),
  }));
}
