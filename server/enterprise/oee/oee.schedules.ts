import { sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { publish } from "#server/core/facts.ts";
import type { ReactionContext, Schedule } from "#server/core/runner.ts";
import { shiftById } from "#server/execution/shifts/shifts.queries.ts";
import { oeeClosed, oeeRestated } from "./oee.facts.ts";
import { type Cause, keepRecord, type Kept, lockOeeRecords } from "./records.ts";

/** How long after its end a shift is closed: what comes later than that restates it. */
export const closeAfterMs = 120_000;
/** How many records one round writes; the rest waits for the next. */
const perRound = 40;

/** Keeps the records: the running shift's is written over, an ended one is closed, a changed one restated. */
export const oeeSchedules: Schedule[] = [
  { name: "oee.keep", everyMs: 15_000, run: keepRunning },
  { name: "oee.close", everyMs: 15_000, run: closeEnded },
  { name: "oee.restate", everyMs: 5000, run: restateDirty },
];

type Due = { machineId: number; shiftId: number; correctionId?: string | null } & Record<string, unknown>;

/**
 * Which machines a shift is about: those that stood in its line when it began and were not put away by then. So a
 * machine that moves is counted once, in its new line from the next shift on.
 */
const worksIn = sql`(
  (w.line_id = s.line_id and (w.line_since is null or lower(s.during) >= w.line_since))
  or (w.line_before = s.line_id and lower(s.during) < w.line_since))
  and (w.retired_at is null or lower(s.during) < w.retired_at)`;

async function keepRunning(context: ReactionContext): Promise<void> {
  const { tx, now } = context;
  const due = await tx.execute<Due>(sql`
    select w.id as "machineId", s.id::float8 as "shiftId" from shift_instance s join work_unit w on ${worksIn}
    where s.during @> ${instant(now)} order by w.id`);
  await keepAll(context, due, false);
}

async function closeEnded(context: ReactionContext): Promise<void> {
  const { tx, now } = context;
  // A machine that was never heard of before the end of a shift has no record of it.
  const due = await tx.execute<Due>(sql`
    select w.id as "machineId", s.id::float8 as "shiftId" from shift_instance s join work_unit w on ${worksIn}
    where s.during && tstzrange(${instant(now - 35 * 86_400_000)}, ${instant(now)})
      and upper(s.during) <= ${instant(now - closeAfterMs)}
      and exists (select from machine_state m where m.machine_id = w.id and lower(m.during) < upper(s.during))
      and not exists (select from oee_shift o where o.machine_id = w.id and o.shift_id = s.id and o.superseded_at is null and o.closed)
    order by upper(s.during) desc, w.id limit ${perRound}`);
  await keepAll(context, due, true);
}

async function restateDirty(context: ReactionContext): Promise<void> {
  const due = await context.tx.execute<Due>(sql`
    delete from oee_dirty where (machine_id, shift_id) in (
      select machine_id, shift_id from oee_dirty order by since limit ${perRound} for update skip locked)
    returning machine_id as "machineId", shift_id::float8 as "shiftId", correction_id as "correctionId"`);
  await keepAll(context, due, true);
}

async function causeOf(tx: Tx, correctionId: string): Promise<Cause | undefined> {
  const [cause] = await tx.execute<Cause & Record<string, unknown>>(sql`
    select id as "correctionId", by_name as "restatedBy", reason as "restateReason" from correction
    where id = ${correctionId}`);
  return cause;
}

async function keepAll({ tx, now }: ReactionContext, due: readonly Due[], closing: boolean): Promise<void> {
  const kept: (Due & Kept)[] = [];
  await lockOeeRecords(tx, [...new Set(due.map((d) => d.machineId))]);
  for (const { machineId, shiftId, correctionId } of due) {
    const shift = await shiftById(tx, shiftId);
    if (shift === undefined) continue;
    const cause = correctionId == null ? undefined : await causeOf(tx, correctionId);
    kept.push({ machineId, shiftId, ...(await keepRecord(tx, machineId, shift, now, closing, cause)) });
  }
  for (const { machineId, shiftId, version, change } of kept) {
    if (change === "closed")
      await publish(tx, oeeClosed, `machine:${machineId}`, { machineId, shiftId, version }, now);
    if (change === "restated")
      await publish(tx, oeeRestated, `machine:${machineId}`, { machineId, shiftId, version }, now);
  }
}
