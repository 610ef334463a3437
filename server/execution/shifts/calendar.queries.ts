import { and, eq, gte, isNull, or, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { instant, periodOf } from "#db/sql.ts";
import { equipment } from "#db/schema/execution/plant.ts";
import { calendarException, shiftInstance, shiftPattern } from "#db/schema/execution/shifts.ts";
import { addDays, localDay } from "./shifts.rules.ts";
import type { BegunShift, CalendarException, CalendarView } from "./calendar.contract.ts";
import type { LineCalendar } from "./calendar.rules.ts";
import { lineZones, patternsFrom, shiftView } from "./shifts.queries.ts";

const dayMs = 86_400_000;

/** What is said of single days from `fromDay` on, of one line (and of all) or of every line. */
export function exceptionsFrom(db: Db | Tx, fromDay: string, lineId?: number): Promise<CalendarException[]> {
  return readExceptions(db, fromDay, true, lineId);
}

async function readExceptions(
  db: Db | Tx,
  fromDay: string,
  active: boolean,
  lineId?: number,
): Promise<CalendarException[]> {
  const rows = await db
    .select()
    .from(calendarException)
    .where(
      and(
        eq(calendarException.active, active),
        gte(calendarException.day, fromDay),
        lineId === undefined
          ? undefined
          : or(isNull(calendarException.lineId), eq(calendarException.lineId, lineId)),
      ),
    )
    .orderBy(calendarException.day, calendarException.id);
  return rows.map(({ active: _active, patternId, startLocal, endLocal, ...row }) => ({
    ...row,
    seriesId: patternId,
    startLocal: startLocal?.slice(0, 5) ?? null,
    endLocal: endLocal?.slice(0, 5) ?? null,
  }));
}

/** By what a line's days are made, from some days before `from` (ms) on. */
export async function lineCalendar(
  db: Db | Tx,
  lineId: number,
  zone: string,
  from: number,
): Promise<LineCalendar> {
  return {
    lineId,
    zone,
    patterns: await patternsFrom(db, lineId, from - 2 * dayMs),
    exceptions: await exceptionsFrom(db, addDays(localDay(from, zone), -2), lineId),
  };
}

/**
 * The shifts of a line, or of all, that have begun and may still matter to what comes: from two days before `now` or
 * from `since` (ms) on, in order.
 */
export async function begunShifts(
  db: Db | Tx,
  now: number,
  lineId?: number,
  since = now - 2 * dayMs,
): Promise<BegunShift[]> {
  const rows = await db
    .select({ shift: shiftInstance, patternId: shiftPattern.id, seriesId: shiftPattern.seriesId })
    .from(shiftInstance)
    .leftJoin(shiftPattern, eq(shiftPattern.id, shiftInstance.patternId))
    .where(
      and(
        sql`${shiftInstance.during} && ${periodOf(since, now + 1)} and lower(${shiftInstance.during}) <= ${instant(now)}`,
        lineId === undefined ? undefined : eq(shiftInstance.lineId, lineId),
      ),
    )
    .orderBy(sql`lower(${shiftInstance.during})`);
  return rows.map(({ shift, patternId, seriesId }) => ({
    ...shiftView(shift),
    seriesId: seriesId ?? patternId,
  }));
}

/** What the calendar page draws: from the Monday before `now` on, and what has begun since. */
export async function readCalendar(db: Db | Tx, now: number): Promise<CalendarView> {
  const zones = await lineZones(db);
  const lines = await db
    .select({ id: equipment.id, name: equipment.name })
    .from(equipment)
    .where(and(eq(equipment.level, "line"), isNull(equipment.retiredAt)))
    .orderBy(sql`code`);
  const from = now - 8 * dayMs;
  return {
    lines: lines.map((line) => ({ ...line, timeZone: zones.get(line.id) ?? "UTC" })),
    patterns: await patternsFrom(db, null, from),
    exceptions: await exceptionsFrom(db, localDay(from, "UTC")),
    takenBack: await readExceptions(db, localDay(from, "UTC"), false),
    begun: await begunShifts(db, now, undefined, from),
    now,
  };
}
