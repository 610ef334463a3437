import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, intArray, uuidArray } from "#db/sql.ts";
import type { LotRef, OrderView, RunningJob, WaitingJob } from "./orders.contract.ts";

type JobRow = Omit<RunningJob, "lots" | "hold"> & {
  heldReason: string | null;
  heldAt: number | null;
  machineId: number;
  machineCode: string;
  sequence: number;
} & Record<string, unknown>;
export type MachineJob = WaitingJob;

/** What runs on these machines, by machine and position. */
export async function runningJobs(
  db: Db | Tx,
  machineIds: readonly number[],
  now: number,
): Promise<MachineJob[]> {
  return jobsWhere(
    db,
    now,
    sql`j.machine_id = any(${intArray(machineIds)}) and j.state = 'running' and r.id is not null`,
    sql`j.machine_id, r.position`,
  );
}

/** What waits for these machines, next one first. */
export async function waitingJobs(
  db: Db | Tx,
  machineIds: readonly number[],
  now: number,
): Promise<MachineJob[]> {
  return jobsWhere(
    db,
    now,
    sql`j.machine_id = any(${intArray(machineIds)}) and j.state in ('ready', 'paused', 'waiting') and o.state not in ('held', 'closed', 'cancelled')`,
    // What somebody placed comes as placed. Of the rest a paused job goes on first; then an order of higher priority
    // (1 = highest), earlier due, earlier made.
    sql`j.machine_id, j.rank is not null or j.state <> 'paused', j.rank nulls last, j.state = 'waiting', o.priority, o.due nulls last, o.code, j.sequence`,
    sql`limit 200`,
  );
}

/** What waits for every machine of the plant, by machine. */
export async function allWaiting(db: Db | Tx, now: number): Promise<MachineJob[]> {
  const machines = await db.execute<{ id: number }>(sql`select id from work_unit order by id`);
  return waitingJobs(
    db,
    machines.map((machine) => machine.id),
    now,
  );
}

/** Orders with their jobs: open ones by priority, then the newest finished ones. */
export function orderList(db: Db | Tx, now: number, limit = 100): Promise<OrderView[]> {
  return ordersWhere(
    db,
    now,
    sql`true`,
    sql`order by o.state in ('completed', 'closed', 'cancelled'), o.state <> 'running',
      case when o.state in ('completed', 'closed', 'cancelled') then 0 else o.priority end,
      case when o.state in ('completed', 'closed', 'cancelled') then null else o.due end, o.due desc, o.code
    limit ${limit}`,
  );
}

export async function orderById(db: Db | Tx, orderId: string, now: number): Promise<OrderView | undefined> {
  return (await ordersWhere(db, now, sql`o.id = ${orderId}`, sql``))[0];
}

type OrderRow = Omit<OrderView, "jobs" | "hold"> & {
  heldReason: string | null;
  heldBy: string | null;
  heldAt: number | null;
} & Record<string, unknown>;

async function ordersWhere(db: Db | Tx, now: number, condition: SQL, order: SQL): Promise<OrderView[]> {
  const orders = await db.execute<OrderRow>(sql`
    select o.id, o.code, p.id as "productId", p.code as "productCode", p.name as "productName", o.quantity,
      ${epochMs(sql`o.due`)} as due, o.priority, o.state, parent.code as "parentCode", o.closed_reason as "closedReason",
      (select version from routing where routing.id = o.routing_id) as "routingVersion",
      o.held_reason as "heldReason", o.held_by as "heldBy", case when o.state = 'held' then ${epochMs(sql`o.held_at`)} end as "heldAt"
    from production_order o join product p on p.id = o.product_id
    left join production_order parent on parent.id = o.parent_id
    where ${condition} ${order}`);
  if (orders.length === 0) return [];
  const ids = uuidArray(orders.map((o) => o.id));
  const jobs = await jobsWhere(
    db,
    now,
    sql`j.order_id = any(${ids})`,
    sql`j.order_id, j.sequence, r.position`,
  );
  return orders.map(({ heldReason, heldBy, heldAt, ...one }) => ({
    ...one,
    hold: heldAt === null ? null : { reason: heldReason ?? "", by: heldBy ?? "", at: heldAt },
    jobs: jobs.filter((j) => j.orderId === one.id),
  }));
}

/** One job as it stands, or undefined. A job at several positions is given once, at the first. */
export async function jobById(db: Db | Tx, jobId: string, now: number): Promise<MachineJob | undefined> {
  return (await jobsWhere(db, now, sql`j.id = ${jobId}`, sql`r.position`))[0];
}

async function jobsWhere(
  db: Db | Tx,
  now: number,
  condition: SQL,
  order: SQL,
  limit: SQL = sql``,
): Promise<MachineJob[]> {
  const rows = await db.execute<JobRow>(sql`
    select j.id as "jobId", r.id as "runId", r.position, ${epochMs(sql`lower(r.during)`)} as since, j.state, j.operation,
      j.sequence, o.id as "orderId", o.code as "orderCode", p.id as "productId", p.code as "productCode",
      p.name as "productName", j.quantity, coalesce(c.good, 0)::float8 as good, coalesce(c.scrap, 0)::float8 as scrap,
      s.cycle_ms / s.parts_per_cycle as "idealMs", s.cycle_ms as "cycleMs", j.machine_id as "machineId", w.code as "machineCode",
      o.held_reason as "heldReason", case when o.state = 'held' then ${epochMs(sql`o.held_at`)} end as "heldAt"
    from job j
    join work_unit w on w.id = j.machine_id
    join production_order o on o.id = j.order_id
    join product p on p.id = o.product_id
    left join job_run r on r.job_id = j.id and r.replaced_at is null and j.state = 'running' and upper_inf(r.during)
    left join standard_cycle s on s.machine_id = j.machine_id and s.product_id = o.product_id and s.during @> ${instant(now)}
    left join lateral (select sum(good) as good, sum(scrap) as scrap from count_bucket b where b.job_id = j.id) c on true
    where ${condition} order by ${order} ${limit}`);
  const runIds = rows.flatMap((r) => (r.runId === null ? [] : [r.runId]));
  const lots = await lotsOfRuns(db, runIds, now);
  return rows.map(({ heldReason, heldAt, ...row }) => ({
    ...row,
    lots: row.runId === null ? [] : (lots.get(row.runId) ?? []),
    hold: heldAt === null ? null : { reason: heldReason ?? "", at: heldAt },
  }));
}

async function lotsOfRuns(
  db: Db | Tx,
  runIds: readonly string[],
  now: number,
): Promise<Map<string, LotRef[]>> {
  const found = new Map<string, LotRef[]>();
  if (runIds.length === 0) return found;
  const rows = await db.execute<LotRef & { runId: string } & Record<string, unknown>>(sql`
    select l.job_run_id as "runId", l.lot_id as "lotId", lot.code, l.role, coalesce(m.name, p.name) as name, m.unit,
      lot.disposition = 'restricted' as "onHold"
    from job_run_lot l
    join lot on lot.id = l.lot_id
    left join material m on m.id = lot.material_id
    left join product p on p.id = lot.product_id
    where l.job_run_id = any(${uuidArray(runIds)}) and (upper_inf(l.during) or l.during @> ${instant(now)})
    order by l.id`);
  for (const { runId, ...lot } of rows) found.set(runId, [...(found.get(runId) ?? []), lot]);
  return found;
}
