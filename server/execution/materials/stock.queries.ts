import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, uuidArray } from "#db/sql.ts";
import type { LotStock, MaterialView } from "./materials.contract.ts";

type Row = Omit<LotStock, "hold" | "uses"> & {
  reason: string | null;
  by: string | null;
  heldAt: number | null;
} & Record<string, unknown>;
type Use = LotStock["uses"][number] & { lotId: string; posted: boolean } & Record<string, unknown>;

/**
 * Lots with what is left of them and where they went, those on hold first, then the newest. Only runs that stand
 * count: what a correction hid used nothing. What is on a machine now has used what was counted so far.
 */
export async function lotStock(db: Db | Tx, show: "open" | "all", limit = 200): Promise<LotStock[]> {
  const rows = await db.execute<Row>(sql`
    select l.id, l.code, l.material_id as "materialId", l.product_id as "productId", coalesce(m.name, p.name) as name,
      m.unit, l.quantity::float8 as quantity, l.received::float8 as received, l.disposition, l.location,
      l.supplier_lot as "supplierLot", ${epochMs(sql`l.received_at`)} as "receivedAt", l.expires_on::text as "expiresOn",
      h.reason, h.by_name as by, ${epochMs(sql`h.at`)} as "heldAt"
    from lot l
    left join material m on m.id = l.material_id
    left join product p on p.id = l.product_id
    left join lot_hold h on h.lot_id = l.id and h.released_at is null
    where ${show === "all" ? sql`true` : sql`l.disposition <> 'closed'`}
    order by l.disposition <> 'restricted', l.received_at desc nulls last, l.code desc limit ${limit}`);
  if (rows.length === 0) return [];
  const uses = await db.execute<Use>(sql`
    select l.lot_id as "lotId", r.id as "runId", o.id as "orderId", o.code as "orderCode", w.code as "machineCode",
      l.role, ${epochMs(sql`min(lower(l.during))`)} as start,
      case when bool_or(upper_inf(l.during)) then null else ${epochMs(sql`max(upper(l.during))`)} end as "end",
      coalesce(max(u.quantity), sum(k.parts * b.per_part / greatest(n.lots, 1)) filter (where upper_inf(l.during)))::float8 as quantity,
      max(u.quantity) is not null as posted
    from job_run_lot l
    join job_run r on r.id = l.job_run_id and r.replaced_at is null
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    join work_unit w on w.id = r.machine_id
    left join lot_use u on u.job_run_id = r.id and u.lot_id = l.lot_id
    left join lot on lot.id = l.lot_id and l.role = 'in'
    left join bill_of_material b on b.product_id = o.product_id and b.during @> lower(r.during)
      and coalesce(b.material_id, b.component_id) = coalesce(lot.material_id, lot.product_id)
    left join lateral (
      select coalesce(sum(c.good + c.scrap), 0) as parts from count_bucket c
      where upper_inf(l.during) and c.machine_id = r.machine_id and c.job_id = r.job_id
        and c.start >= lower(l.during) - interval '5 s') k on true
    left join lateral (
      select count(*) as lots from job_run_lot x join lot y on y.id = x.lot_id
      where upper_inf(l.during) and x.job_run_id = l.job_run_id and x.role = 'in' and x.during && l.during
        and coalesce(y.material_id, y.product_id) = coalesce(lot.material_id, lot.product_id)) n on true
    where l.lot_id = any(${uuidArray(rows.map((row) => row.id))})
    group by l.lot_id, r.id, o.id, w.code, l.role
    order by min(lower(l.during)) desc`);
  return rows.map(({ reason, by, heldAt, ...lot }) => {
    const mine = uses.filter((use) => use.lotId === lot.id);
    const running = mine.reduce((sum, use) => sum + (use.posted ? 0 : (use.quantity ?? 0)), 0);
    return {
      ...lot,
      quantity: Math.max(0, lot.quantity - running),
      hold: reason === null || by === null || heldAt === null ? null : { reason, by, at: heldAt },
      uses: mine.map(({ lotId: _lot, posted: _posted, ...use }) => use),
    };
  });
}

/** Materials by code, each with the products that need it at `now`. */
export async function listMaterials(db: Db | Tx, now: number): Promise<MaterialView[]> {
  const materials = await db.execute<Omit<MaterialView, "bill"> & Record<string, unknown>>(
    sql`select id, code, name, unit from material order by code limit 500`,
  );
  const bills = await db.execute<MaterialView["bill"][number] & { materialId: string }>(sql`
    select b.material_id as "materialId", p.id as "productId", p.code as "productCode", b.per_part::float8 as "perPart"
    from bill_of_material b join product p on p.id = b.product_id
    where b.material_id is not null and b.during @> ${instant(now)} order by p.code`);
  return materials.map((one) => ({
    ...one,
    bill: bills
      .filter((bill) => bill.materialId === one.id)
      .map(({ materialId: _material, ...bill }) => bill),
  }));
}

/** Lots that went into an order's runs, or came out of them; each once. */
export async function orderLots(
  db: Db | Tx,
  orderId: string,
): Promise<{ lotId: string; code: string; name: string; role: "in" | "out" }[]> {
  return db.execute<{ lotId: string; code: string; name: string; role: "in" | "out" }>(sql`
    select distinct l.lot_id as "lotId", lot.code, coalesce(m.name, p.name) as name, l.role
    from job_run_lot l
    join job_run r on r.id = l.job_run_id and r.replaced_at is null
    join job j on j.id = r.job_id
    join lot on lot.id = l.lot_id
    left join material m on m.id = lot.material_id
    left join product p on p.id = lot.product_id
    where j.order_id = ${orderId} order by l.role, lot.code`);
}
