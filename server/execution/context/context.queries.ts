import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, periodOf } from "#db/sql.ts";
import type { ContextBand } from "./context.contract.ts";

type BandRow = Omit<ContextBand, "lots">;
type LotRow = ContextBand["lots"][number] & { runId: string };

/**
 * What ran on a machine over [from, to), by source time: one band a position and run, in order of start, not clipped
 * to the period. Several bands may hold at once (an oven), so context is a list.
 */
export async function contextBands(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<ContextBand[]> {
  return bandsWhere(db, sql`r.machine_id = ${machineId} and r.during && ${periodOf(from, to)}`);
}

/**
 * Which orders, jobs and lots were at a machine at an instant of source time; with `position`, only there.
 * Lots that were taken off before, or came later, are left out.
 */
export async function contextAt(
  db: Db | Tx,
  machineId: number,
  at: number,
  position?: number,
): Promise<ContextBand[]> {
  const here = position === undefined ? sql`true` : sql`r.position = ${position}`;
  const bands = await bandsWhere(
    db,
    sql`r.machine_id = ${machineId} and r.during @> ${instant(at)} and ${here}`,
  );
  return bands.map((band) => ({
    ...band,
    lots: band.lots.filter((lot) => (lot.start ?? at) <= at && (lot.end === null || lot.end > at)),
  }));
}

async function bandsWhere(db: Db | Tx, condition: SQL): Promise<ContextBand[]> {
  const bands = await db.execute<BandRow & Record<string, unknown>>(sql`
    select ${epochMs(sql`lower(r.during)`)} as start, ${epochMs(sql`upper(r.during)`)} as "end", r.position,
      r.id as "runId", j.id as "jobId", j.operation, o.id as "orderId", o.code as "orderCode",
      p.id as "productId", p.code as "productCode", p.name as "productName"
    from job_run r
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    join product p on p.id = o.product_id
    where r.replaced_at is null and ${condition}
    order by lower(r.during), r.position`);
  if (bands.length === 0) return [];
  const lots = await db.execute<LotRow & Record<string, unknown>>(sql`
    select l.job_run_id as "runId", l.lot_id as "lotId", lot.code, l.role,
      coalesce(m.name, p.name) as name, m.unit, lot.disposition = 'restricted' as "onHold",
      ${epochMs(sql`lower(l.during)`)} as start, ${epochMs(sql`upper(l.during)`)} as "end"
    from job_run_lot l
    join job_run r on r.id = l.job_run_id
    join lot on lot.id = l.lot_id
    left join material m on m.id = lot.material_id
    left join product p on p.id = lot.product_id
    where r.replaced_at is null and ${condition}
    order by lower(l.during), l.id`);
  return bands.map((band) => ({
    ...band,
    lots: lots.filter((lot) => lot.runId === band.runId).map(({ runId: _runId, ...lot }) => lot),
  }));
}
