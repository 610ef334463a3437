import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant } from "#db/sql.ts";
import type { BillLine } from "./bill.contract.ts";
import type { DefinitionView, ProductSummary } from "./definition.contract.ts";
import { listProducts } from "./products.queries.ts";
import { routingsOf } from "./routing.queries.ts";

/** Of what a product is made, by component; what holds last first. */
export async function billOf(db: Db | Tx, productId: string): Promise<BillLine[]> {
  return db.execute<BillLine & Record<string, unknown>>(sql`
    select b.material_id as "materialId", b.component_id as "componentId", coalesce(m.code, p.code) as code,
      coalesce(m.name, p.name) as name, m.unit, b.per_part::float8 as "perPart", b.scrap_percent::float8 as "scrapPercent",
      nullif(${epochMs(sql`lower(b.during)`)}, '-infinity') as "from", ${epochMs(sql`upper(b.during)`)} as "to"
    from bill_of_material b
    left join material m on m.id = b.material_id
    left join product p on p.id = b.component_id
    where b.product_id = ${productId} order by coalesce(m.code, p.code), lower(b.during) desc nulls last`);
}

/** Everything that is said of how a product is made; undefined = there is none of that id. */
export async function definitionOf(
  db: Db | Tx,
  productId: string,
  now: number,
): Promise<DefinitionView | undefined> {
  const [product] = await listProducts(db, productId);
  if (product === undefined) return undefined;
  const usedIn = await db.execute<DefinitionView["usedIn"][number] & Record<string, unknown>>(sql`
    select p.id as "productId", p.code, p.name from bill_of_material b join product p on p.id = b.product_id
    where b.component_id = ${productId} and b.during @> ${instant(now)} order by p.code`);
  return {
    ...product,
    routings: await routingsOf(db, productId),
    bill: await billOf(db, productId),
    usedIn,
  };
}

/** Products by code with what is said of each now. */
export async function listDefinitions(db: Db | Tx, now: number): Promise<ProductSummary[]> {
  const at = instant(now);
  return db.execute<ProductSummary & Record<string, unknown>>(sql`
    select p.id, p.code, p.name, r.version as "routingVersion",
      array(select o.name from routing_operation o where o.routing_id = r.id order by o.sequence) as operations,
      array(
        select coalesce(m.code, c.code) from bill_of_material b
        left join material m on m.id = b.material_id left join product c on c.id = b.component_id
        where b.product_id = p.id and b.during @> ${at} order by 1) as components,
      array(
        select w.name from standard_cycle s join work_unit w on w.id = s.machine_id
        where s.product_id = p.id and s.during @> ${at} order by 1) as machines
    from product p left join routing r on r.product_id = p.id and r.during @> ${at}
    order by p.code`);
}
