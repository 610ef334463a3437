import type { CalendarException } from "#server/execution/shifts/calendar.contract.ts";
import {
  expandCalendar,
  type LineCalendar,
  type PlannedShift,
} from "#server/execution/shifts/calendar.rules.ts";
import type { ShiftView } from "#server/execution/shifts/shifts.contract.ts";
import { addDays } from "#server/execution/shifts/shifts.rules.ts";

/** Weeks that the page shows. */
const weeksShown = 6;

/** The Monday of the week of a local day. */
export function mondayOf(day: string): string {
  const weekday = (new Date(day).getUTCDay() + 6) % 7;
  return addDays(day, -weekday);
}

/** Days of the weeks from that of `today` on, each a row of seven. */
export function weeksFrom(today: string): readonly (readonly string[])[] {
  const monday = mondayOf(today);
  return Array.from({ length: weeksShown }, (_, week) =>
    Array.from({ length: 7 }, (__, day) => addDays(monday, week * 7 + day)),
  );
}

type Shown = Pick<PlannedShift, "name" | "productionDay" | "start" | "end" | "breaks" | "exceptionId">;

/**
 * What a line's days hold: what has begun as it stands in the record, what is to come as the calendar makes it. The
 * same rule makes the stored shifts, so what is drawn here is what will be.
 */
export function shownShifts(
  calendar: LineCalendar,
  begun: readonly ShiftView[],
  now: number,
  [from, to]: readonly [string, string],
): readonly Shown[] {
  const past = begun
    .filter((shift) => shift.lineId === calendar.lineId && shift.productionDay >= from)
    .map((shift) => ({ ...shift, exceptionId: null }));
  const coming = expandCalendar(calendar, from, to).filter(({ start }) => start > now);
  return [...past, ...coming].toSorted((a, b) => a.start - b.start);
}

/** What a form says of a day, as the calendar would hold it. */
export interface DayForm {
  readonly kind: CalendarException["kind"];
  readonly everyLine: boolean;
  readonly weekday: string;
  readonly series: string;
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly reason: string;
}

/** The fields that go to the server, and nothing that this kind does not need. */
export function sayOf(form: DayForm, day: string, lineId: number) {
  const { kind, everyLine, weekday, series, name, start, end, reason } = form;
  const times = { startLocal: start, endLocal: end };
  // One shift of one line cannot be meant for every line.
  const own = kind === "changed" || kind === "dropped" || !everyLine;
  return {
    kind,
    day,
    reason,
    lineId: own ? lineId : null,
    ...(kind === "as_weekday" ? { weekday: Number(weekday) } : {}),
    ...(kind === "changed" || kind === "dropped" ? { seriesId: Number(series) } : {}),
    ...(kind === "extra" ? { name } : {}),
    ...(kind === "extra" || kind === "changed" ? times : {}),
  };
}

/** The line's calendar as it would be with this word in it. */
export function withWord(calendar: LineCalendar, said: ReturnType<typeof sayOf>): LineCalendar {
  const none = { weekday: null, seriesId: null, name: null, startLocal: null, endLocal: null };
  return { ...calendar, exceptions: [...calendar.exceptions, { ...none, ...said, id: -1 }] };
}
