import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { periodOf, uuidArray } from "#db/sql.ts";
import { jobRunLot, lot } from "#db/schema/execution/orders.ts";
import { lotUse } from "#db/schema/execution/production.ts";
import { Refusal } from "#server/core/refusal.contract.ts";

/** Closes a run and what is still on it at `at`; a lot that came on later than that never was on it. */
export async function endRun(tx: Tx, runId: string, start: number, at: number): Promise<void> {
  const end = sql`upper(${periodOf(start, at)})`;
  await tx.execute(sql`update job_run set during = ${periodOf(start, at)} where id = ${runId}`);
  await tx.execute(sql`delete from job_run_lot where job_run_id = ${runId} and lower(during) >= ${end}`);
  await tx.execute(sql`
    update job_run_lot set during = tstzrange(lower(during), ${end})
    where job_run_id = ${runId} and (upper_inf(during) or upper(during) > ${end})`);
}

export interface Use {
  readonly lotId: string;
  readonly quantity: number;
}

/**
 * Posts what a run used of each material lot: parts counted so far while the lot was on it × the bill. Parts of the
 * last seconds may still be on their way; the machine's own material reading is the finer measure.
 */
export async function postUse(tx: Tx, runId: string, now: number): Promise<Use[]> {
  const uses = await tx.execute<{ lotId: string; quantity: number }>(sql`
    select l.lot_id as "lotId", (sum(c.made) * max(b.per_part))::float8 as quantity
    from job_run_lot l
    join job_run r on r.id = l.job_run_id
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    join lot on lot.id = l.lot_id
    join bill_of_material b on b.product_id = o.product_id and b.material_id = lot.material_id
    cross join lateral (
      select coalesce(sum(k.good + k.scrap), 0) as made from count_bucket k
      where k.machine_id = r.machine_id and k.job_id = r.job_id and k.start >= lower(l.during) - interval '5 s'
        and k.start < upper(l.during) - interval '5 s') c
    where l.job_run_id = ${runId} and l.role = 'in'
    group by l.lot_id order by l.lot_id`);
  for (const use of uses) {
    await tx
      .insert(lotUse)
      .values({ jobRunId: runId, lotId: use.lotId, quantity: use.quantity, at: new Date(now) })
      .onConflictDoUpdate({ target: [lotUse.jobRunId, lotUse.lotId], set: { quantity: use.quantity } });
  }
  await leaveLots(
    tx,
    uses.map((use) => use.lotId),
  );
  return uses.map(({ lotId, quantity }) => ({ lotId, quantity }));
}

/**
 * What is left of lots: what came in less what the runs that stand used. A lot on hold keeps its disposition (only
 * people end a hold); an empty one is closed, and one that is not empty after all opens again.
 */
export async function leaveLots(tx: Tx, lotIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    update lot set quantity = n.left_over, disposition = case
      when lot.disposition <> 'restricted' and n.left_over = 0 and n.used > 0 then 'closed'
      when lot.disposition = 'closed' and n.left_over > 0 then 'unrestricted'
      else lot.disposition end
    from (
      select l.id, coalesce(u.used, 0) as used, greatest(l.received - coalesce(u.used, 0), 0) as left_over
      from lot l left join lateral (
        select sum(x.quantity) as used from lot_use x join job_run r on r.id = x.job_run_id and r.replaced_at is null
        where x.lot_id = l.id) u on true
      where l.id = any(${uuidArray([...lotIds].toSorted())}) order by l.id for update of l) n
    where n.id = lot.id`);
}

/** Makes the lot that came out of a run. @throws Refusal conflict when its code is taken */
export async function makeOutLot(
  tx: Tx,
  run: { readonly id: string; readonly start: number },
  at: number,
  productId: string,
  out: { readonly code: string; readonly quantity: number; readonly location?: string | undefined },
): Promise<string> {
  const [made] = await tx
    .insert(lot)
    .values({ code: out.code, productId, quantity: out.quantity, location: out.location ?? null })
    .onConflictDoNothing()
    .returning({ id: lot.id });
  if (made === undefined) throw new Refusal("already_taken", { value: out.code }, "out.code");
  await tx
    .insert(jobRunLot)
    .values({ jobRunId: run.id, lotId: made.id, role: "out", during: { start: run.start, end: at } });
  return made.id;
}

/** An order is completed with its last job. */
export async function completeOrder(tx: Tx, orderId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    update production_order set state = 'completed', version = version + 1,
      held_reason = null, held_by = null, held_at = null
    where id = ${orderId} and not exists (
      select from job where order_id = ${orderId} and state not in ('completed', 'cancelled'))
    returning id`);
  return rows.length > 0;
}
