import { desc, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { correction } from "#db/schema/execution/corrections.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { epochMs, periodOf } from "#db/sql.ts";
import type { CorrectionPreview, CorrectionView, RunToCorrect } from "./corrections.contract.ts";

/** What was corrected, newest first, with the shift records that it restated. */
export async function correctionList(db: Db | Tx, limit = 50): Promise<CorrectionView[]> {
  const rows = await db
    .select({
      id: correction.id,
      kind: correction.kind,
      machineId: correction.machineId,
      machineName: workUnit.name,
      reason: correction.reason,
      by: correction.byName,
      at: correction.at,
      undone: sql<boolean>`exists (select from correction u where u.undoes = ${correction.id})`,
      preview: correction.preview,
      restated: sql<CorrectionView["restated"]>`coalesce((
        select jsonb_agg(jsonb_build_object('machineId', s.machine_id, 'shiftId', s.shift_id, 'version', s.version))
        from oee_shift s where s.correction_id = ${correction.id}), '[]')`,
    })
    .from(correction)
    .innerJoin(workUnit, sql`${workUnit.id} = ${correction.machineId}`)
    .orderBy(desc(correction.at))
    .limit(limit);
  return rows.map((row) => ({
    ...row,
    at: row.at.getTime(),
    preview: row.preview as CorrectionPreview,
  }));
}

type RunRow = Omit<RunToCorrect, "lots"> & { lots: RunToCorrect["lots"] } & Record<string, unknown>;

/** Runs of a machine that overlap [from, to), newest first, with what was counted while each ran. */
export async function runsToCorrect(
  db: Db | Tx,
  machineId: number,
  from: number,
  to: number,
): Promise<RunToCorrect[]> {
  return db.execute<RunRow>(sql`
    select r.id as "runId", j.id as "jobId", r.position, o.id as "orderId", o.code as "orderCode", j.operation,
      p.name as "productName", ${epochMs(sql`lower(r.during)`)} as start, ${epochMs(sql`upper(r.during)`)} as "end",
      coalesce(c.good, 0)::float8 as good, coalesce(c.scrap, 0)::float8 as scrap,
      coalesce((
        select jsonb_agg(jsonb_build_object('lotId', l.lot_id, 'code', lot.code, 'role', l.role) order by l.id)
        from job_run_lot l join lot on lot.id = l.lot_id where l.job_run_id = r.id), '[]') as lots
    from job_run r
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    join product p on p.id = o.product_id
    left join lateral (
      select sum(b.good) as good, sum(b.scrap) as scrap from count_bucket b
      where b.machine_id = r.machine_id and b.job_id = r.job_id and b.start >= lower(r.during) - interval '10 s'
        and b.start < coalesce(upper(r.during), 'infinity')) c on true
    where r.machine_id = ${machineId} and r.replaced_at is null and r.during && ${periodOf(from, to)}
    order by lower(r.during) desc, r.position limit 200`);
}
