import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { intArray } from "#db/sql.ts";
import { canonicalJson } from "#server/core/audit.ts";
import type { ShiftView } from "#server/execution/shifts/shifts.contract.ts";
import { computeOee } from "./oee.queries.ts";
import type { OeeRecord } from "./oee.rules.ts";
import { recordOf } from "./report.queries.ts";

export interface Kept {
  readonly change: "none" | "opened" | "updated" | "closed" | "restated";
  readonly version: number;
}

/** The correction that restates a record, its author and their reason. */
export interface Cause {
  readonly correctionId: string;
  readonly restatedBy: string;
  readonly restateReason: string;
}

/** Whoever keeps records of these machines, one at a time: two that meet in other orders would wait for each other. */
export async function lockOeeRecords(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.execute(sql`
    select pg_advisory_xact_lock(7403, id) from unnest(${intArray(ids.toSorted((a, b) => a - b))}) with ordinality u(id, n) order by n`);
}

/**
 * Computes the record of a machine and shift and keeps it: an open record is written over, a closed one gets a newer
 * version if anything in it is another number now. The caller holds the machine's lock.
 * @param closing the shift is over and its data should be there
 * @param cause who restates it and why, where a person does
 */
export async function keepRecord(
  tx: Tx,
  machineId: number,
  shift: ShiftView,
  now: number,
  closing: boolean,
  cause?: Cause,
): Promise<Kept> {
  const record = await computeOee(tx, machineId, [shift], shift.start, Math.min(shift.end, now));
  const [current] = await tx
    .select()
    .from(oeeShift)
    .where(
      and(eq(oeeShift.machineId, machineId), eq(oeeShift.shiftId, shift.id), isNull(oeeShift.supersededAt)),
    )
    .for("update");
  if (current === undefined) {
    await tx.insert(oeeShift).values(rowOf(machineId, shift, record, now, 1, closing));
    return { change: closing ? "closed" : "opened", version: 1 };
  }
  const key = and(
    eq(oeeShift.machineId, machineId),
    eq(oeeShift.shiftId, shift.id),
    eq(oeeShift.version, current.version),
  );
  if (!current.closed) {
    await tx
      .update(oeeShift)
      .set(rowOf(machineId, shift, record, now, current.version, closing))
      .where(key);
    return { change: closing ? "closed" : "updated", version: current.version };
  }
  if (sameNumbers(recordOf(current), record)) return { change: "none", version: current.version };
  await tx
    .update(oeeShift)
    .set({ supersededAt: new Date(now) })
    .where(key);
  await tx
    .insert(oeeShift)
    .values({ ...rowOf(machineId, shift, record, now, current.version + 1, true), ...cause });
  return { change: "restated", version: current.version + 1 };
}

function rowOf(
  machineId: number,
  shift: ShiftView,
  record: OeeRecord,
  now: number,
  version: number,
  closed: boolean,
) {
  return {
    machineId,
    shiftId: shift.id,
    version,
    lineId: shift.lineId,
    shiftName: shift.name,
    productionDay: shift.productionDay,
    during: { start: shift.start, end: shift.end },
    closed,
    ruleVersion: record.ruleVersion,
    computedAt: new Date(now),
    ...record.buckets,
    ...record.counts,
    reasons: [...record.reasons],
    manual: record.manual,
  } satisfies typeof oeeShift.$inferInsert;
}

/** Whether two records say the same; sums of ideal times may differ in the last digits with the order of addition. */
export function sameNumbers(a: OeeRecord, b: OeeRecord): boolean {
  const round = ({ buckets, counts, reasons }: OeeRecord) =>
    canonicalJson({
      buckets: Object.fromEntries(Object.entries(buckets).map(([k, v]) => [k, Math.round(v * 1000)])),
      counts: Object.fromEntries(Object.entries(counts).map(([k, v]) => [k, Math.round(v * 1000)])),
      reasons: reasons
        .map((r) => ({ ...r, ms: Math.round(r.ms * 1000) }))
        .toSorted((x, y) => ((x.code ?? "") < (y.code ?? "") ? -1 : 1)),
    });
  return round(a) === round(b);
}

/**
 * Marks the closed records of a machine that a changed time touches; `correctionId` = the correction that changed it,
 * whose author and reason the restated records will name. @returns how many
 */
export async function markDirty(
  tx: Tx,
  machineId: number,
  from: number,
  to: number,
  now: number,
  correctionId?: string,
): Promise<number> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const rows = await tx.execute(sql`
    insert into oee_dirty (machine_id, shift_id, since, correction_id)
    select machine_id, shift_id, ${iso(now)}::timestamptz, ${correctionId ?? null}::uuid from oee_shift
    where machine_id = ${machineId} and superseded_at is null and closed
      and during && tstzrange(${iso(from)}::timestamptz, ${iso(to)}::timestamptz, '[]')
    on conflict (machine_id, shift_id) do update
      set correction_id = coalesce(excluded.correction_id, oee_dirty.correction_id)
    returning shift_id`);
  return rows.length;
}
