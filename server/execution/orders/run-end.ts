import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant, periodOf, uuidArray } from "#db/sql.ts";
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
 * Posts what a run used of each lot: parts counted so far while the lot was on it × what the bill said when the run
 * began; lots of the same thing that were on it side by side share. What is planned to be lost is not in it. Parts of the last seconds may still be on their way; the machine's own
 * material reading is the finer measure.
 */
export async function postUse(tx: Tx, runId: string, now: number): Promise<Use[]> {
  return postUses(tx, [runId], now);
}

/** Posts anew what the runs of a product used that ended and began at `from` or later: another bill holds for them. */
export async function postUseSince(tx: Tx, productId: string, from: number, now: number): Promise<void> {
  const runs = await tx.execute<{ id: string }>(sql`
    select r.id from job_run r join job j on j.id = r.job_id join production_order o on o.id = j.order_id
    where o.product_id = ${productId} and r.replaced_at is null and not upper_inf(r.during)
      and lower(r.during) >= ${instant(from)} order by r.id`);
  if (runs.length === 0) return;
  const ids = runs.map(({ id }) => id);
  // What no bill names any more was not used.
  const gone = await tx.execute<{ lotId: string }>(sql`
    delete from lot_use where job_run_id = any(${uuidArray(ids)}) returning lot_id as "lotId"`);
  await postUses(tx, ids, now);
  await leaveLots(tx, [...new Set(gone.map(({ lotId }) => lotId))]);
}

async function postUses(tx: Tx, runIds: readonly string[], now: number): Promise<Use[]> {
  const uses = await tx.execute<Use & { runId: string } & Record<string, unknown>>(sql`
    select l.job_run_id as "runId", l.lot_id as "lotId", (sum(c.made / n.lots) * max(b.per_part))::float8 as quantity
    from job_run_lot l
    join job_run r on r.id = l.job_run_id
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    join lot on lot.id = l.lot_id
    join bill_of_material b on b.product_id = o.product_id and b.during @> lower(r.during)
      and coalesce(b.material_id, b.component_id) = coalesce(lot.material_id, lot.product_id)
    cross join lateral (
      select coalesce(sum(k.good + k.scrap), 0) as made from count_bucket k
      where k.machine_id = r.machine_id and k.job_id = r.job_id and k.start >= lower(l.during) - interval '5 s'
        and k.start < upper(l.during) - interval '5 s') c
    cross join lateral (
      select greatest(count(*), 1) as lots from job_run_lot x join lot y on y.id = x.lot_id
      where x.job_run_id = l.job_run_id and x.role = 'in' and x.during && l.during
        and coalesce(y.material_id, y.product_id) = coalesce(lot.material_id, lot.product_id)) n
    where l.job_run_id = any(${uuidArray(runIds)}) and l.role = 'in'
    group by l.job_run_id, l.lot_id order by l.lot_id`);
  for (const { runId, lotId, quantity } of uses) {
    await tx
      .insert(lotUse)
      .values({ jobRunId: runId, lotId, quantity, at: new Date(now) })
      .onConflictDoUpdate({ target: [lotUse.jobRunId, lotUse.lotId], set: { quantity } });
  }
  await leaveLots(tx, [...new Set(uses.map((use) => use.lotId))]);
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
