import type { RefusalView } from "#server/core/refusal.contract.ts";
import type { BegunShift, CalendarException } from "#server/execution/shifts/calendar.contract.ts";
import {
  differenceOf,
  expandCalendar,
  expandDays,
  type LineCalendar,
  type PlannedShift,
  whyNotShifts,
} from "#server/execution/shifts/calendar.rules.ts";
import { replan, whyTooLate } from "#server/execution/shifts/replan.rules.ts";
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

/** A line of the plant: by what its days are made, and what of them has begun. */
export interface Line {
  readonly name: string;
  readonly calendar: LineCalendar;
  readonly begun: readonly BegunShift[];
}

export type Shown = Pick<PlannedShift, "name" | "productionDay" | "start" | "end" | "breaks" | "exceptionId">;

/**
 * What a line's days hold: what has begun as it stands in the record, what is to come as the calendar makes it. The
 * same rules make the stored shifts, so what is drawn here is what will be.
 */
export function shownShifts(
  { calendar, begun }: Omit<Line, "name">,
  now: number,
  [from, to]: readonly [string, string],
): readonly Shown[] {
  const plan = replan(expandCalendar(calendar, from, to), begun, now);
  const had = plan.begun
    .filter(({ productionDay }) => productionDay >= from && productionDay <= to)
    .map((shift) => ({ ...shift, exceptionId: null }));
  return [...had, ...plan.coming].toSorted((a, b) => a.start - b.start);
}

/** What saying something of a day does to a line: why it cannot be, or what goes and comes. */
export interface LinePreview {
  readonly line: Line;
  readonly why: RefusalView | null;
  readonly gone: readonly Shown[];
  readonly come: readonly Shown[];
}

/** What a word about a day would do, judged as the server will judge it; a word for every line is judged for each. */
export function previewOf(
  lines: readonly Line[],
  said: ReturnType<typeof sayOf>,
  now: number,
): readonly LinePreview[] {
  const around = [addDays(said.day, -1), addDays(said.day, 1)] as const;
  return lines
    .filter(({ calendar }) => said.lineId === null || said.lineId === calendar.lineId)
    .map((line) => {
      const { calendar, begun } = line;
      const after = withWord(calendar, said);
      const stands = shownShifts(line, now, around);
      const would = shownShifts({ calendar: after, begun }, now, around);
      const onDay = (one: LineCalendar) => expandDays(one, [said.day]);
      // A word about a whole day means what of it has not begun, so it never comes too late.
      const whole = said.kind === "closed" || said.kind === "as_weekday";
      const late = whole ? null : whyTooLate(onDay(calendar), onDay(after), begun, now, calendar.zone);
      return { line, why: late ?? whyNotShifts(would, calendar.zone), ...differenceOf(stands, would) };
    });
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
