import { inArray, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { shiftInstance } from "#db/schema/execution/shifts.ts";
import { instant } from "#db/sql.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { lineCalendar } from "./calendar.queries.ts";
import { expandCalendar, whyNotShifts } from "./calendar.rules.ts";
import { lineZones } from "./shifts.queries.ts";
import { addDays, localDay, type ShiftDraft } from "./shifts.rules.ts";

/** Shifts are made so far ahead, local days. */
export const daysAhead = 14;
/** A change of the calendar is looked through so far ahead, local days. */
const daysChecked = 400;
const dayMs = 86_400_000;

/**
 * Makes the shift instances of every line from `fromDays` to `toDays` local days around `now` (negative = past).
 * What stands already stays as it is. @returns how many were made
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
 * Makes the coming shifts of a line anew after its calendar has changed. What has begun stays, but its end may move as
 * long as it runs; what is over is never touched. @throws Refusal shifts_at_once
 */
export async function remakeShifts(tx: Tx, lineId: number, now: number): Promise<void> {
  const zone = (await lineZones(tx)).get(lineId) ?? "UTC";
  const today = localDay(now, zone);
  const calendar = await lineCalendar(tx, lineId, zone, now);
  const planned = expandCalendar(calendar, addDays(today, -1), addDays(today, daysChecked)).filter(
    ({ end }) => end > now,
  );
  const standing = await tx
    .select()
    .from(shiftInstance)
    .where(sql`line_id = ${lineId} and upper(during) > ${instant(now)} and lower(during) <= ${instant(now)}`);
  const running = standing[0];
  const asPlanned = planned.find(
    (shift) => shift.start === running?.during.start && shift.productionDay === running.productionDay,
  );
  const end = asPlanned?.end ?? running?.during.end ?? now;
  const begun = running === undefined ? [] : [{ name: running.name, start: running.during.start ?? 0, end }];
  // Whoever sets up a plant at nine wants the figures of the early shift: it runs from its start.
  const coming = planned.filter(({ start }) => start > now || running === undefined);
  const why = whyNotShifts([...begun, ...coming], zone);
  if (why !== null) throw why;
  await tx.delete(shiftInstance).where(sql`line_id = ${lineId} and lower(during) > ${instant(now)}`);
  if (running !== undefined && end !== running.during.end)
    await tx
      .update(shiftInstance)
      .set({ during: { start: running.during.start, end } })
      .where(inArray(shiftInstance.id, [running.id]));
  const horizon = addDays(today, daysAhead);
  await insert(
    tx,
    coming.filter(({ productionDay }) => productionDay <= horizon),
  );
}

/** One statement; what overlaps an instance that stands (exclusion constraint) is left out. */
async function insert(tx: Tx, drafts: readonly (ShiftDraft & { exceptionId?: unknown })[]): Promise<number> {
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
