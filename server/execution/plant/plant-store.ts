import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment } from "#db/schema/execution/plant.ts";
import { Refusal } from "#server/core/refusal.contract.ts";

/** An area or a line, its row locked. @throws Refusal not_found */
export async function levelOf(tx: Tx, level: "area" | "line", id: number) {
  const [row] = await tx.select().from(equipment).where(eq(equipment.id, id)).for("update");
  if (row === undefined || row.level !== level) throw new Refusal("not_found", {}, `${level}Id`);
  return row;
}

/** A line's fields as its history names them. */
export async function lineFields(tx: Tx, lineId: number) {
  const [row] = await tx.execute<{ name: string; areaId: number | null }>(sql`
    select l.name, a.id as "areaId" from equipment l
    left join equipment a on a.id = l.parent_id and a.level = 'area' where l.id = ${lineId}`);
  return row;
}

/** The machines of a line in flow order. */
export async function flowOf(tx: Tx, lineId: number): Promise<number[]> {
  const rows = await tx.execute<{ id: number }>(sql`
    select id from work_unit where line_id = ${lineId} order by flow_position, id for update`);
  return rows.map(({ id }) => id);
}

/** @throws Refusal jobs_planned while jobs that have not begun are planned on the machine */
export async function refusePlanned(tx: Tx, machineId: number, name: string): Promise<void> {
  const [planned] = await tx.execute<{ count: number; order: string | null }>(sql`
    select count(*)::int as count, min(o.code) as "order" from job j join production_order o on o.id = j.order_id
    where j.machine_id = ${machineId} and j.state in ('waiting', 'ready')`);
  const { count = 0, order = null } = planned ?? {};
  if (count > 0) throw new Refusal("jobs_planned", { name, count, order: order ?? "" }, "machineId");
}

/** @throws Refusal record_in_use while a job is on the machine, running or paused */
export async function refuseRunning(tx: Tx, machineId: number, name: string): Promise<void> {
  const [job] = await tx.execute<{ code: string }>(sql`
    select o.code from job j join production_order o on o.id = j.order_id
    where j.state in ('running', 'paused') and (j.machine_id = ${machineId} or exists (
      select from job_run r where r.job_id = j.id and r.machine_id = ${machineId} and r.replaced_at is null
        and upper_inf(r.during))) limit 1`);
  if (job !== undefined) throw new Refusal("record_in_use", { name, what: job.code }, "machineId");
}
