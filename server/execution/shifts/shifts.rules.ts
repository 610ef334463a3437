import { Temporal } from "temporal-polyfill";
import type { ShiftPattern, ShiftView } from "./shifts.contract.ts";

export type ShiftDraft = Omit<ShiftView, "id"> & { readonly patternId: number | null };

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

/** What a shift of one day is made of. */
interface Said extends Pick<ShiftPattern, "lineId" | "name" | "startLocal" | "endLocal" | "breaks"> {
  readonly id: number | null;
}

/**
 * The shift that begins on a local day of a zone, `[start, end)` UTC: the night on which the clocks change lasts 7 or
 * 9 hours. It belongs to the day on which it begins. Null = it would have no length.
 */
export function shiftOn(on: string, said: Said, timeZone: string): ShiftDraft | null {
  const day = Temporal.PlainDate.from(on);
  const endDay = endAfter(day, said.startLocal, said.endLocal);
  const start = instantOf(day, said.startLocal, timeZone);
  const end = instantOf(endDay, said.endLocal, timeZone);
  if (end <= start) return null;
  const breaks = said.breaks
    .map((pause) => {
      // A break before the start's time of day is after midnight of a night shift.
      const breakDay = pause.start.slice(0, 5) < said.startLocal.slice(0, 5) ? endDay : day;
      const from = instantOf(breakDay, pause.start, timeZone);
      const to = instantOf(endAfter(breakDay, pause.start, pause.end), pause.end, timeZone);
      return { start: Math.max(from, start), end: Math.min(to, end) };
    })
    .filter((pause) => pause.start < pause.end)
    .toSorted((a, b) => a.start - b.start);
  const { id: patternId, lineId, name } = said;
  return { patternId, lineId, name, productionDay: on, start, end, breaks };
}

/** The local date of an instant, `YYYY-MM-DD`. */
export function localDay(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/** The date `days` later (or earlier, if negative). */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}
