import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { intArray } from "#db/sql.ts";

/** What ran at an instant, as the slowdown detector needs it. */
export interface Standard {
  readonly productId: string | null;
  readonly cycleMs: number | null;
}

/** Product and ideal cycle for each (machine, source time), in the order asked. Context is a join by source time. */
export async function standardsAt(
  db: Db | Tx,
  asked: readonly { readonly machineId: number; readonly at: number }[],
): Promise<Standard[]> {
  if (asked.length === 0) return [];
  const times = `{${asked.map(({ at }) => `"${new Date(at).toISOString()}"`).join(",")}}`;
  const rows = await db.execute<{ n: number; productId: string | null; cycleMs: number | null }>(sql`
    select a.n::int as n, run.product_id as "productId", s.cycle_ms as "cycleMs"
    from unnest(${intArray(asked.map((x) => x.machineId))}, ${times}::timestamptz[]) with ordinality a(machine_id, at, n)
    left join lateral (
      select o.product_id from job_run r join job j on j.id = r.job_id join production_order o on o.id = j.order_id
      where r.machine_id = a.machine_id and r.replaced_at is null and r.during @> a.at
      order by r.position limit 1) run on true
    left join standard_cycle s
      on s.product_id = run.product_id and s.machine_id = a.machine_id and s.during @> a.at
    order by a.n`);
  return rows.map(({ productId, cycleMs }) => ({ productId, cycleMs }));
}
