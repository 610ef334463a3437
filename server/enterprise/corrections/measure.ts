import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { instant, uuidArray } from "#db/sql.ts";
import { shiftsBetween } from "#server/execution/shifts/shifts.queries.ts";
import { computeOee } from "../oee/oee.queries.ts";
import { type OeeRecord, oeeView } from "../oee/oee.rules.ts";
import { recordOf } from "../oee/report.queries.ts";
import type { Figures } from "./corrections.contract.ts";

/** A stretch of source time of a machine that is counted again. */
export interface Window {
  readonly machineId: number;
  readonly from: number;
  readonly to: number;
}

interface ShiftFigures {
  readonly shiftId: number;
  readonly machineId: number;
  readonly name: string;
  readonly productionDay: string;
  readonly start: number;
  readonly end: number;
  readonly closed: boolean;
  readonly version: number;
  readonly record: OeeRecord;
}

/** Everything a correction may restate, as it stands in this transaction. */
export interface Measured {
  readonly jobs: ReadonlyMap<string, { good: number; scrap: number; state: string }>;
  readonly lots: ReadonlyMap<string, { code: string; unit: string | null; quantity: number }>;
  readonly shifts: readonly ShiftFigures[];
  /** Counts in the windows up to `settledUntil`, by machine and job: they move only when somebody changes the past. */
  readonly settled: readonly { machineId: number; jobId: string | null; good: number; scrap: number }[];
}

/**
 * @param stored closed shifts as their records say (before a change); else computed anew (after it)
 * @param settledUntil counts after this instant are still arriving
 */
export async function measure(
  tx: Tx,
  about: {
    readonly windows: readonly Window[];
    readonly jobIds: readonly string[];
    readonly lotIds: readonly string[];
    readonly now: number;
    readonly settledUntil: number;
    readonly stored: boolean;
  },
): Promise<Measured> {
  const { windows, jobIds, lotIds, now, settledUntil, stored } = about;
  const jobs = await tx.execute<{ id: string; state: string; good: number; scrap: number }>(sql`
    select j.id, j.state, coalesce(sum(b.good), 0)::float8 as good, coalesce(sum(b.scrap), 0)::float8 as scrap
    from job j left join count_bucket b on b.job_id = j.id where j.id = any(${uuidArray(jobIds)}) group by j.id`);
  const lots = await tx.execute<{ id: string; code: string; unit: string | null; quantity: number }>(sql`
    select l.id, l.code, m.unit, l.quantity::float8 as quantity from lot l left join material m on m.id = l.material_id
    where l.id = any(${uuidArray(lotIds)})`);
  return {
    jobs: new Map(jobs.map(({ id, ...job }) => [id, job])),
    lots: new Map(lots.map(({ id, ...lot }) => [id, lot])),
    shifts: await shiftFigures(tx, windows, now, stored),
    settled: await settledCounts(tx, windows, settledUntil),
  };
}

async function settledCounts(
  tx: Tx,
  windows: readonly Window[],
  until: number,
): Promise<Measured["settled"]> {
  const found: Measured["settled"][number][] = [];
  for (const { machineId, from, to } of windows) {
    const rows = await tx.execute<Measured["settled"][number] & Record<string, unknown>>(sql`
      select machine_id as "machineId", job_id as "jobId", sum(good)::float8 as good, sum(scrap)::float8 as scrap
      from count_bucket where machine_id = ${machineId} and start >= ${instant(from)}
        and start < ${instant(Math.min(to, until))}
      group by machine_id, job_id order by job_id nulls first`);
    found.push(...rows);
  }
  return found;
}

async function shiftFigures(
  tx: Tx,
  windows: readonly Window[],
  now: number,
  stored: boolean,
): Promise<ShiftFigures[]> {
  const found: ShiftFigures[] = [];
  for (const { machineId, from, to } of windows) {
    const [machine] = await tx.execute<{ lineId: number }>(
      sql`select line_id as "lineId" from work_unit where id = ${machineId}`,
    );
    if (machine === undefined) continue;
    for (const shift of await shiftsBetween(tx, from, to, machine.lineId)) {
      if (found.some((one) => one.machineId === machineId && one.shiftId === shift.id)) continue;
      const [kept] = await tx
        .select()
        .from(oeeShift)
        .where(
          sql`machine_id = ${machineId} and shift_id = ${shift.id} and superseded_at is null and closed`,
        );
      const record =
        kept !== undefined && stored
          ? recordOf(kept)
          : await computeOee(tx, machineId, [shift], shift.start, Math.min(shift.end, now));
      found.push({
        shiftId: shift.id,
        machineId,
        name: shift.name,
        productionDay: shift.productionDay,
        start: shift.start,
        end: shift.end,
        closed: kept !== undefined,
        version: kept?.version ?? 0,
        record,
      });
    }
  }
  return found;
}

/** The figures of a record that a person compares. */
export function figuresOf(shift: { start: number; end: number; record: OeeRecord }): Figures {
  const { ratios, counts } = oeeView({ start: shift.start, end: shift.end }, shift.record);
  const { oee, availability, performance, quality } = ratios;
  return { oee, availability, performance, quality, good: counts.good, scrap: counts.scrap };
}

/** Counts readings of machines up to a limit: that many is enough to know that it is many. */
export async function readingsIn(
  tx: Tx,
  windows: readonly Window[],
  limit = 1_000_000,
): Promise<{ count: number; more: boolean }> {
  let count = 0;
  for (const { machineId, from, to } of windows) {
    if (count >= limit) break;
    const [row] = await tx.execute<{ n: number }>(sql`
      select count(*)::float8 as n from (
        select from reading where tag_id in (select id from tag where machine_id = ${machineId})
          and source_ts >= ${instant(from)} and source_ts < ${instant(to)} limit ${limit - count}) found`);
    count += row?.n ?? 0;
  }
  return { count, more: count >= limit };
}
