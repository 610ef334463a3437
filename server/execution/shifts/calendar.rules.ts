import { Temporal } from "temporal-polyfill";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { CalendarException } from "./calendar.contract.ts";
import type { ShiftPattern } from "./shifts.contract.ts";
import { addDays, localDay, type ShiftDraft, shiftOn } from "./shifts.rules.ts";

/** By what the days of one line are made. */
export interface LineCalendar {
  readonly lineId: number;
  readonly zone: string;
  readonly patterns: readonly ShiftPattern[];
  readonly exceptions: readonly CalendarException[];
}

export interface PlannedShift extends ShiftDraft {
  /** The series of the pattern that makes it; null = it is an extra shift. */
  readonly seriesId: number | null;
  /** The exception that made it what it is; null = it is as its pattern says. */
  readonly exceptionId: number | null;
}

/** What is said of one day of a line, its own word before that for every line. */
export function exceptionsOn(calendar: LineCalendar, day: string): CalendarException[] {
  return calendar.exceptions
    .filter((one) => one.day === day && (one.lineId === null || one.lineId === calendar.lineId))
    .toSorted((a, b) => Number(a.lineId === null) - Number(b.lineId === null) || b.id - a.id);
}

/**
 * The shifts that begin on local days `fromDay` … `toDay` (both included) of a line: what its patterns say, each from
 * its date on, and what is said otherwise of single days. Extra shifts happen on a closed day too.
 */
export function expandCalendar(calendar: LineCalendar, fromDay: string, toDay: string): PlannedShift[] {
  return expandDays(calendar, daysBetween(fromDay, toDay));
}

/** Local days from `fromDay` to `toDay`, both included. */
export function daysBetween(fromDay: string, toDay: string): string[] {
  const days: string[] = [];
  for (let day = fromDay; day <= toDay; day = addDays(day, 1)) days.push(day);
  return days;
}

/** As `expandCalendar`, of any days. */
export function expandDays(calendar: LineCalendar, days: readonly string[]): PlannedShift[] {
  return days.flatMap((day) => shiftsOn(calendar, day)).toSorted((a, b) => a.start - b.start);
}

function shiftsOn(calendar: LineCalendar, day: string): PlannedShift[] {
  const { lineId, zone, patterns } = calendar;
  const shifts: PlannedShift[] = [];
  const said = exceptionsOn(calendar, day);
  const rule = said.find(({ kind }) => kind === "closed" || kind === "as_weekday");
  const weekday = rule?.weekday ?? Temporal.PlainDate.from(day).dayOfWeek;
  for (const pattern of rule?.kind === "closed" ? [] : patterns) {
    if (!pattern.weekdays.includes(weekday)) continue;
    const { seriesId } = pattern;
    const other = said.find(
      (one) => (one.kind === "changed" || one.kind === "dropped") && one.seriesId === seriesId,
    );
    if (other?.kind === "dropped") continue;
    const asSaid = shiftOn(day, pattern, zone);
    if (asSaid === null || !holds(pattern, asSaid.start)) continue;
    const { startLocal, endLocal } = { ...pattern, ...timesOf(other) };
    const shift = other === undefined ? asSaid : shiftOn(day, { ...pattern, startLocal, endLocal }, zone);
    if (shift !== null) shifts.push({ ...shift, seriesId, exceptionId: other?.id ?? rule?.id ?? null });
  }
  for (const one of said.filter(({ kind }) => kind === "extra")) {
    const extra = { id: null, lineId, name: one.name ?? "", startLocal: "", endLocal: "", breaks: [] };
    const shift = shiftOn(day, { ...extra, ...timesOf(one) }, zone);
    if (shift !== null) shifts.push({ ...shift, seriesId: null, exceptionId: one.id });
  }
  return shifts;
}

function timesOf(said: CalendarException | undefined) {
  const { startLocal, endLocal } = said ?? {};
  return { ...(startLocal ? { startLocal } : {}), ...(endLocal ? { endLocal } : {}) };
}

/**
 * Local days from `fromDay` on whose shifts could be at once in a calendar whose patterns fit beside each other: a week,
 * and what lies around each exception and each date on which a pattern begins or ends.
 */
export function daysToCheck(calendar: LineCalendar, fromDay: string): string[] {
  const days = new Set(daysBetween(addDays(fromDay, -1), addDays(fromDay, 7)));
  const around = (day: string, after: number) => {
    for (const one of daysBetween(addDays(day, -1), addDays(day, after))) if (one > fromDay) days.add(one);
  };
  for (const { day } of calendar.exceptions) around(day, 1);
  for (const at of calendar.patterns.flatMap(({ from, until }) => [from, until]))
    if (at !== null) around(localDay(at, calendar.zone), 7);
  return [...days].toSorted();
}

function holds({ from, until }: ShiftPattern, at: number): boolean {
  return (from ?? -Infinity) <= at && at < (until ?? Infinity);
}

/** Whether a pattern was taken back before it held at all. */
export function neverHeld({ from, until }: Pick<ShiftPattern, "from" | "until">): boolean {
  return from !== null && until !== null && until - from <= 1;
}

/** When the shift of a pattern began that would be running now, ms; null = none would. */
export function runningSince(
  pattern: Pick<ShiftPattern, "lineId" | "name" | "weekdays" | "startLocal" | "endLocal" | "breaks">,
  zone: string,
  now: number,
): number | null {
  const today = localDay(now, zone);
  for (const day of [today, addDays(today, -1)]) {
    if (!pattern.weekdays.includes(Temporal.PlainDate.from(day).dayOfWeek)) continue;
    const shift = shiftOn(day, { ...pattern, id: null }, zone);
    if (shift !== null && shift.start <= now && now < shift.end) return shift.start;
  }
  return null;
}

/** Why these shifts of one line, in order of their start, cannot be: the first two that are at once, with their times. */
export function whyNotShifts(
  shifts: readonly Pick<PlannedShift, "name" | "start" | "end">[],
  zone: string,
): Refusal | null {
  for (const [i, shift] of shifts.entries()) {
    const next = shifts[i + 1];
    if (next === undefined || next.start >= shift.end) continue;
    return new Refusal("shifts_at_once", {
      name: shift.name,
      time: spanText(shift, zone),
      other: next.name,
      otherTime: spanText(next, zone),
    });
  }
  return null;
}

/** `2026-11-28 06:00–14:00`, local. */
export function spanText({ start, end }: { start: number; end: number }, zone: string): string {
  const local = (at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const time = (at: number) => local(at).toPlainTime().toString({ smallestUnit: "minute" });
  return `${local(start).toPlainDate().toString()} ${time(start)}–${time(end)}`;
}

/** A day, or a part of one, on which nobody works though one would expect it. */
export interface Hole {
  readonly day: string;
  /** Ms; null = the whole day. */
  readonly from: number | null;
  readonly to: number | null;
}

/** Two shifts of a day that lie further apart than this are meant to, ms. */
const longestGapMs = 4 * 3_600_000;

/**
 * Holes in a calendar, to be looked at: a day without a shift though the same day of the week before had one and
 * nobody said that it is closed; a short time between two shifts of a day. `shifts` in order of their start.
 */
export function holesIn(
  calendar: LineCalendar,
  shifts: readonly ShiftDraft[],
  fromDay: string,
  toDay: string,
): Hole[] {
  const worked = new Set(shifts.map(({ productionDay }) => productionDay));
  const holes: Hole[] = [];
  for (let day = addDays(fromDay, 7); day <= toDay; day = addDays(day, 1)) {
    if (worked.has(day) || !worked.has(addDays(day, -7))) continue;
    const weekBefore = exceptionsOn(calendar, addDays(day, -7));
    const wasExtra = weekBefore.some(({ kind }) => kind === "extra" || kind === "as_weekday");
    if (!wasExtra && exceptionsOn(calendar, day).length === 0) holes.push({ day, from: null, to: null });
  }
  for (const [i, shift] of shifts.entries()) {
    const next = shifts[i + 1];
    if (next?.productionDay !== shift.productionDay) continue;
    const gap = next.start - shift.end;
    if (gap > 0 && gap < longestGapMs)
      holes.push({ day: shift.productionDay, from: shift.end, to: next.start });
  }
  return holes.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Hours that a local day lasts: 24, or 23 and 25 when the clocks change. */
export function hoursOf(day: string, zone: string): number {
  const start = Temporal.PlainDate.from(day).toZonedDateTime(zone);
  return start.add({ days: 1 }).since(start, { largestUnit: "hours" }).total("hours");
}

/** Midnight at which a local day begins, ms. */
export function dayStart(day: string, zone: string): number {
  return Temporal.PlainDate.from(day).toZonedDateTime(zone).epochMilliseconds;
}

/** What a change of the calendar takes away and brings, by what can be seen of a shift. */
export function differenceOf<S extends Pick<PlannedShift, "name" | "start" | "end">>(
  before: readonly S[],
  after: readonly S[],
): { readonly gone: readonly S[]; readonly come: readonly S[] } {
  const key = (shift: S) => `${shift.name} ${String(shift.start)} ${String(shift.end)}`;
  const had = new Set(before.map(key));
  const has = new Set(after.map(key));
  return { gone: before.filter((s) => !has.has(key(s))), come: after.filter((s) => !had.has(key(s))) };
}
