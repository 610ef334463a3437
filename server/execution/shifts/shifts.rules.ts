import { Temporal } from "temporal-polyfill";
import type { ShiftPattern, ShiftView } from "./shifts.contract.ts";

export type ShiftDraft = Omit<ShiftView, "id"> & { readonly patternId: number };

/**
 * A local time of a day as UTC ms. A time that the change to summer time skips is moved on by the hour that is
 * skipped; of a time that happens twice the first is meant: said here, not left to a library's or database's habit.
 */
function instantOf(day: Temporal.PlainDate, time: string, timeZone: string): number {
  return day.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds;
}

function endAfter(start: Temporal.PlainDate, from: string, to: string): Temporal.PlainDate {
  return to.slice(0, 5) <= from.slice(0, 5) ? start.add({ days: 1 }) : start;
}

/**
 * The shifts that begin on local days `fromDay` … `toDay` (both included) of one zone. They are `[start, end)` UTC:
 * the night on which the clocks change lasts 7 or 9 hours. A shift belongs to the day on which it begins.
 */
export function expandShifts(
  patterns: readonly ShiftPattern[],
  timeZone: string,
  fromDay: string,
  toDay: string,
): ShiftDraft[] {
  const last = Temporal.PlainDate.from(toDay);
  const drafts: ShiftDraft[] = [];
  for (
    let day = Temporal.PlainDate.from(fromDay);
    Temporal.PlainDate.compare(day, last) <= 0;
    day = day.add({ days: 1 })
  ) {
    for (const pattern of patterns) {
      if (!pattern.weekdays.includes(day.dayOfWeek)) continue;
      const endDay = endAfter(day, pattern.startLocal, pattern.endLocal);
      const start = instantOf(day, pattern.startLocal, timeZone);
      const end = instantOf(endDay, pattern.endLocal, timeZone);
      if (end <= start) continue;
      const breaks = pattern.breaks
        .map((pause) => {
          // A break before the start's time of day is after midnight of a night shift.
          const breakDay = pause.start.slice(0, 5) < pattern.startLocal.slice(0, 5) ? endDay : day;
          const from = instantOf(breakDay, pause.start, timeZone);
          const to = instantOf(endAfter(breakDay, pause.start, pause.end), pause.end, timeZone);
          return { start: Math.max(from, start), end: Math.min(to, end) };
        })
        .filter((pause) => pause.start < pause.end)
        .toSorted((a, b) => a.start - b.start);
      drafts.push({
        patternId: pattern.id,
        lineId: pattern.lineId,
        name: pattern.name,
        productionDay: day.toString(),
        start,
        end,
        breaks,
      });
    }
  }
  return drafts.toSorted((a, b) => a.start - b.start);
}

/** The local date of an instant, `YYYY-MM-DD`. */
export function localDay(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/** The date `days` later (or earlier, if negative). */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}
