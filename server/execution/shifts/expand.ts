import { eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { equipment } from "#db/schema/execution/plant.ts";
import { shiftInstance } from "#db/schema/execution/shifts.ts";
import { instant } from "#db/sql.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { BegunShift } from "./calendar.contract.ts";
import { begunShifts, lineCalendar } from "./calendar.queries.ts";
import {
  daysBetween,
  daysToCheck,
  expandCalendar,
  expandDays,
  type LineCalendar,
  whyNotShifts,
} from "./calendar.rules.ts";
import { replan } from "./replan.rules.ts";
import { lineZones } from "./shifts.queries.ts";
import { addDays, localDay, type ShiftDraft } from "./shifts.rules.ts";

/** Shifts are made so far ahead, local days. */
const daysAhead = 14;
const dayMs = 86_400_000;

/**
 * Makes the shift instances of every line from `fromDays` to `toDays` local days around `now` (negative = past), as if
 * its calendar had always been this one. What stands already stays as it is. @returns how many were made
 */
export async function expandAllShifts(
  tx: Tx,
  now: number,
  fromDays: number,
  toDays: number,
): Promise<number> {
  let made = 0;
  for (const [lineId, zone] of await lineZones(tx)) {
    const today = localDay(now, zone);
    const calendar = await lineCalendar(tx, lineId, zone, now + Math.min(0, fromDays) * dayMs);
    made += await insert(tx, expandCalendar(calendar, addDays(today, fromDays), addDays(today, toDays)));
  }
  return made;
}

/**
 * Keeps the shifts of every line made ahead. A time that is over is not worked afterwards because its calendar says
 * something else since. @returns how many were made
 */
export async function keepShiftsAhead(tx: Tx, now: number): Promise<number> {
  const zones = await lineZones(tx);
  await lockLines(tx, [...zones.keys()]);
  let made = 0;
  for (const [lineId, zone] of zones) {
    const calendar = await lineCalendar(tx, lineId, zone, now);
    const planned = expandDays(calendar, daysKept(now, zone));
    made += await insert(tx, replan(planned, await begunShifts(tx, now, lineId), now).coming);
  }
  return made;
}

/** From yesterday, whose night may run, until as far as shifts are made ahead. */
function daysKept(now: number, zone: string): string[] {
  const today = localDay(now, zone);
  return daysBetween(addDays(today, -1), addDays(today, daysAhead));
}

/**
 * One change of a line's calendar at a time: each is looked through against what the other left. Whoever changes takes
 * this before reading the calendar, after locking the record itself.
 */
export async function lockLines(tx: Tx, lineIds: readonly number[]): Promise<void> {
  if (lineIds.length === 0) return;
  await tx
    .select({ id: equipment.id })
    .from(equipment)
    .where(inArray(equipment.id, [...lineIds]))
    .orderBy(equipment.id)
    .for("no key update");
}

/** A line's calendar as it stands, and what of it has begun. */
export interface LineNow {
  readonly calendar: LineCalendar;
  readonly begun: readonly BegunShift[];
}

export async function lineNow(tx: Tx, lineId: number, now: number): Promise<LineNow> {
  const zone = (await lineZones(tx)).get(lineId) ?? "UTC";
  return {
    calendar: await lineCalendar(tx, lineId, zone, now),
    begun: await begunShifts(tx, now, lineId),
  };
}

/**
 * Makes the coming shifts of a line anew after its calendar has changed from local day `fromDay` on. What has begun
 * stays, but the end and the coming breaks of what runs may move. The line is locked. @throws Refusal shifts_at_once
 */
export async function remakeShifts(tx: Tx, lineId: number, now: number, fromDay: string): Promise<void> {
  const { calendar, begun } = await lineNow(tx, lineId, now);
  const kept = daysKept(now, calendar.zone);
  const days = [...new Set([...kept, ...daysToCheck(calendar, fromDay)])];
  const plan = replan(expandDays(calendar, days), begun, now);
  const all = [...plan.begun, ...plan.coming].toSorted((a, b) => a.start - b.start);
  const why = whyNotShifts(all, calendar.zone);
  if (why !== null) throw why;
  await tx.delete(shiftInstance).where(sql`line_id = ${lineId} and lower(during) > ${instant(now)}`);
  for (const shift of plan.begun.filter((one) => !begun.includes(one)))
    await tx
      .update(shiftInstance)
      .set({ during: { start: shift.start, end: shift.end }, breaks: [...shift.breaks] })
      .where(eq(shiftInstance.id, shift.id));
  const made = new Set(kept);
  await insert(
    tx,
    plan.coming.filter(({ productionDay }) => made.has(productionDay)),
  );
}

/** One statement; what overlaps an instance that stands (exclusion constraint) is left out. */
async function insert(tx: Tx, drafts: readonly ShiftDraft[]): Promise<number> {
  if (drafts.length === 0) return 0;
  const rows = await tx
    .insert(shiftInstance)
    .values(
      drafts.map(({ start, end, breaks, patternId, lineId, name, productionDay }) => ({
        patternId,
        lineId,
        name,
        productionDay,
        breaks: [...breaks],
        during: { start, end },
      })),
    )
    .onConflictDoNothing()
    .returning({ id: shiftInstance.id });
  return rows.length;
}

/** Refuses a day that is over: what was worked is put right as a correction. @throws Refusal day_over */
export function refusePast(day: string, now: number, zone: string): void {
  if (day < localDay(now, zone)) throw new Refusal("day_over", { day }, "day");
}
