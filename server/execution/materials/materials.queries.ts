import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, intArray, uuidArray } from "#db/sql.ts";
import type { LotView } from "./materials.contract.ts";

type LotRow = Omit<LotView, "hold"> & {
  reason: string | null;
  by: string | null;
  at: number | null;
} & Record<string, unknown>;

/** Lots that are in the house: what can be loaded, what is on hold. */
export async function lotList(db: Db | Tx, limit = 500): Promise<LotView[]> {
  const rows = await db.execute<LotRow>(sql`
    select l.id, l.code, coalesce(m.name, p.name) as name, m.unit, l.quantity::float8 as quantity, l.disposition,
      l.location, h.reason, h.by_name as by, ${epochMs(sql`h.at`)} as at
    from lot l
    left join material m on m.id = l.material_id
    left join product p on p.id = l.product_id
    left join lot_hold h on h.lot_id = l.id and h.released_at is null
    where l.disposition <> 'closed'
    order by l.disposition <> 'restricted', l.code desc limit ${limit}`);
  return rows.map(({ reason, by, at, ...lot }) => ({
    ...lot,
    hold: reason === null || by === null || at === null ? null : { reason, by, at },
  }));
}

/** A lot as rules look at it; null material = it is a lot of a product. */
export interface LotFacts {
  readonly id: string;
  readonly code: string;
  readonly materialId: string | null;
  readonly disposition: string;
}

/** Locks lots against a hold at the same moment: what was decided on them is decided in their transaction. */
export async function lotsForUse(tx: Tx, ids: readonly string[]): Promise<LotFacts[]> {
  if (ids.length === 0) return [];
  return tx.execute<LotFacts & Record<string, unknown>>(sql`
    select id, code, material_id as "materialId", disposition from lot where id = any(${uuidArray(ids)}) order by id for update`);
}

/** Materials on the bill of a product as it holds at `at`; empty = it has none. */
export async function materialsOf(
  db: Db | Tx,
  productId: string,
  at: number,
): Promise<{ materialId: string; perPart: number }[]> {
  return db.execute<{ materialId: string; perPart: number }>(sql`
    select material_id as "materialId", per_part::float8 as "perPart" from bill_of_material
    where product_id = ${productId} and material_id is not null and during @> ${instant(at)}`);
}

export interface MachineMaterial {
  readonly machineId: number;
  readonly name: string;
  readonly unit: string;
  readonly lotCode: string | null;
  readonly tagId: number | null;
}

/** What runs out first at each machine: the material of its running job, its lot, and the tag that weighs it. */
export async function materialsAt(db: Db | Tx, machineIds: readonly number[]): Promise<MachineMaterial[]> {
  return db.execute<MachineMaterial & Record<string, unknown>>(sql`
    select distinct on (r.machine_id) r.machine_id as "machineId", m.name, m.unit, lot.code as "lotCode",
      (select min(t.id) from tag t where t.machine_id = r.machine_id and t.meaning = 'material') as "tagId"
    from job_run r
    join job_run_lot l on l.job_run_id = r.id and l.role = 'in' and upper_inf(l.during)
    join lot on lot.id = l.lot_id
    join material m on m.id = lot.material_id
    where r.machine_id = any(${intArray(machineIds)}) and r.replaced_at is null and upper_inf(r.during)
    order by r.machine_id, lower(l.during) desc`);
}
