import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";

/**
 * A lot and everything made from it, however far down: lots that came out of a run after it went in. A lot that
 * rework returned to an earlier step is met once; what came out before it went in is none of its descendants.
 */
export async function lotAndDescendants(db: Db | Tx, lotId: string): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    with recursive made(id) as (
      select ${lotId}::uuid
      union
      select o.lot_id from made m
      join job_run_lot i on i.lot_id = m.id and i.role = 'in'
      join job_run r on r.id = i.job_run_id and r.replaced_at is null
      join job_run_lot o on o.job_run_id = r.id and o.role = 'out'
        and (upper_inf(o.during) or upper(o.during) > lower(i.during))
    ) cycle id set again using path
    select distinct id from made where not again`);
  return rows.map((r) => r.id);
}
