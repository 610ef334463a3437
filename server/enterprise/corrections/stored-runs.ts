import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { epochMs, instant, uuidArray } from "#db/sql.ts";
import { jobRun, jobRunLot } from "#db/schema/execution/orders.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { LotSpan, RunVersion } from "./corrections.rules.ts";

/** A version of a run with what a correction must know of its job and order. */
export interface StoredRun extends RunVersion {
  readonly id: string;
  readonly replaced: boolean;
  readonly operation: string;
  readonly jobState: string;
  /** The machine that the job is planned for. */
  readonly jobMachineId: number;
  readonly orderId: string;
  readonly orderCode: string;
  readonly orderState: string;
  readonly productId: string;
  readonly machineName: string;
  readonly lineId: number;
}

/** Runs, hidden versions too, with their lots; in order of start. `r`, `j` and `o` are run, job and order. */
export async function runsWhere(db: Db | Tx, condition: SQL): Promise<StoredRun[]> {
  const runs = await db.execute<Omit<StoredRun, "lots"> & Record<string, unknown>>(sql`
    select r.id, r.machine_id as "machineId", r.position, r.job_id as "jobId", ${epochMs(sql`lower(r.during)`)} as start,
      ${epochMs(sql`upper(r.during)`)} as "end", r.replaced_at is not null as replaced, j.operation,
      j.state as "jobState", j.machine_id as "jobMachineId", o.id as "orderId", o.code as "orderCode",
      o.state as "orderState", o.product_id as "productId", w.name as "machineName", w.line_id as "lineId"
    from job_run r
    join job j on j.id = r.job_id
    join production_order o on o.id = j.order_id
    join work_unit w on w.id = r.machine_id
    where ${condition} order by lower(r.during), r.position, r.id`);
  if (runs.length === 0) return [];
  const lots = await db.execute<LotSpan & { runId: string } & Record<string, unknown>>(sql`
    select l.job_run_id as "runId", l.lot_id as "lotId", lot.code, l.role,
      ${epochMs(sql`lower(l.during)`)} as start, ${epochMs(sql`upper(l.during)`)} as "end"
    from job_run_lot l join lot on lot.id = l.lot_id
    where l.job_run_id = any(${uuidArray(runs.map((run) => run.id))}) order by l.id`);
  return runs.map((run) => ({
    ...run,
    lots: lots.filter((lot) => lot.runId === run.id).map(({ runId: _run, ...lot }) => lot),
  }));
}

/** Hides versions and writes others; all are hidden first, else they would meet. @returns the new runs' ids */
export async function writeVersions(
  tx: Tx,
  hide: readonly StoredRun[],
  write: readonly RunVersion[],
  now: number,
): Promise<string[]> {
  await tx.execute(sql`
    update job_run set replaced_at = ${instant(now)} where id = any(${uuidArray(hide.map((run) => run.id))})`);
  const ids: string[] = [];
  for (const { machineId, position, jobId, start, end, lots } of write) {
    const [made] = await tx
      .insert(jobRun)
      .values({ machineId, position, jobId, during: { start, end } })
      .returning({ id: jobRun.id });
    if (made === undefined) throw new Refusal("conflict");
    ids.push(made.id);
    if (lots.length > 0)
      await tx.insert(jobRunLot).values(
        lots.map((lot) => ({
          jobRunId: made.id,
          lotId: lot.lotId,
          role: lot.role,
          during: { start: lot.start, end: lot.end },
        })),
      );
  }
  return ids;
}
