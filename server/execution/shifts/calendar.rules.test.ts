import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CalendarException } from "./calendar.contract.ts";
import {
  differenceOf,
  expandCalendar,
  holesIn,
  hoursOf,
  type LineCalendar,
  runningSince,
  whyNotShifts,
} from "./calendar.rules.ts";
import type { ShiftPattern } from "./shifts.contract.ts";
import { addDays } from "./shifts.rules.ts";

const zone = "Europe/Berlin";
const workdays = [1, 2, 3, 4, 5];
const pattern = (
  id: number,
  name: string,
  startLocal: string,
  endLocal: string,
  more = {},
): ShiftPattern => ({
  id,
  lineId: 1,
  code: name,
  name,
  weekdays: workdays,
  startLocal,
  endLocal,
  breaks: [],
  seriesId: id,
  from: null,
  until: null,
  ...more,
});
const early = pattern(1, "Early", "06:00", "14:00");
const late = pattern(2, "Late", "14:00", "22:00");
let ids = 0;
const said = (
  kind: CalendarException["kind"],
  day: string,
  more: Partial<CalendarException> = {},
): CalendarException => ({
  id: (ids += 1),
  lineId: 1,
  day,
  kind,
  weekday: null,
  seriesId: null,
  name: null,
  startLocal: null,
  endLocal: null,
  reason: "test",
  ...more,
});
const line = (exceptions: CalendarException[], patterns = [early, late]): LineCalendar => ({
  lineId: 1,
  zone,
  patterns,
  exceptions,
});
/** `name day local-hours` of each shift, by UTC+1 in winter. */
const told = (calendar: LineCalendar, from: string, to = from) =>
  expandCalendar(calendar, from, to).map(({ name, productionDay, start, end }) => {
    const hour = (at: number) => (new Date(at).getUTCHours() + 1) % 24;
    return `${name} ${productionDay} ${String(hour(start))}-${String(hour(end))}`;
  });

// 2026-11-27 is a Friday, the 28th a Saturday.
describe("a day that is otherwise", () => {
  test("on a holiday no shift begins; the days beside it are as they were", () => {
    const calendar = line([said("closed", "2026-11-26")]);
    expect(told(calendar, "2026-11-25", "2026-11-27").map((one) => one.slice(0, -5).trim())).toEqual([
      "Early 2026-11-25",
      "Late 2026-11-25",
      "Early 2026-11-27",
      "Late 2026-11-27",
    ]);
  });

  test("this Saturday we run, like a Friday", () => {
    expect(told(line([]), "2026-11-28")).toEqual([]);
    const runs = line([said("as_weekday", "2026-11-28", { weekday: 5 })]);
    expect(told(runs, "2026-11-28")).toEqual(["Early 2026-11-28 6-14", "Late 2026-11-28 14-22"]);
  });

  test("overtime is a shift more, also on a closed day; a shift is dropped or has other times", () => {
    const extra = { name: "Overtime", startLocal: "22:00", endLocal: "02:00" };
    const calendar = line([
      said("extra", "2026-11-26", extra),
      said("closed", "2026-11-26"),
      said("dropped", "2026-11-27", { seriesId: 2 }),
      said("changed", "2026-11-27", { seriesId: 1, startLocal: "06:00", endLocal: "16:00" }),
    ]);
    expect(told(calendar, "2026-11-26", "2026-11-27")).toEqual([
      "Overtime 2026-11-26 22-2",
      "Early 2026-11-27 6-16",
    ]);
  });

  test("what is said of this line goes before what is said of every line", () => {
    const all = said("closed", "2026-11-26", { lineId: null });
    const own = said("as_weekday", "2026-11-26", { weekday: 4 });
    expect(told(line([all, own]), "2026-11-26")).toHaveLength(2);
    expect(told(line([all]), "2026-11-26")).toEqual([]);
    expect(told(line([said("closed", "2026-11-26", { lineId: 9 })]), "2026-11-26")).toHaveLength(2);
  });
});

test("a pattern that changes from a date: the days before keep what they had", () => {
  const turn = Date.UTC(2026, 10, 25, 23);
  const calendar = line(
    [],
    [
      { ...early, until: turn },
      { ...pattern(7, "Early", "05:00", "13:00"), seriesId: 1, from: turn },
    ],
  );
  expect(told(calendar, "2026-11-25", "2026-11-26")).toEqual([
    "Early 2026-11-25 6-14",
    "Early 2026-11-26 5-13",
  ]);
  // A word about a shift means its series, whichever pattern holds on that day.
  const dropped = { ...calendar, exceptions: [said("dropped", "2026-11-26", { seriesId: 1 })] };
  expect(told(dropped, "2026-11-26")).toEqual([]);
});

test("two shifts at once are named with their times", () => {
  const calendar = line([
    said("changed", "2026-11-27", { seriesId: 1, startLocal: "06:00", endLocal: "15:30" }),
  ]);
  expect(whyNotShifts(expandCalendar(calendar, "2026-11-27", "2026-11-27"), zone)).toMatchObject({
    code: "shifts_at_once",
    params: {
      name: "Early",
      time: "2026-11-27 06:00–15:30",
      other: "Late",
      otherTime: "2026-11-27 14:00–22:00",
    },
  });
  expect(whyNotShifts(expandCalendar(line([]), "2026-11-23", "2026-12-06"), zone)).toBeNull();
});

test("a hole: half an hour between two shifts, and a day without one of which nobody said why", () => {
  const from = "2026-11-16";
  const to = "2026-11-29";
  const holes = (calendar: LineCalendar) => holesIn(calendar, expandCalendar(calendar, from, to), from, to);
  expect(holes(line([]))).toEqual([]);
  const gap = line([said("changed", "2026-11-25", { seriesId: 1, startLocal: "06:00", endLocal: "13:30" })]);
  expect(holes(gap)).toEqual([
    { day: "2026-11-25", from: Date.UTC(2026, 10, 25, 12, 30), to: Date.UTC(2026, 10, 25, 13) },
  ]);
  const ended = Date.UTC(2026, 10, 25, 23);
  const gone = line(
    [],
    [early, late].map((one) => ({ ...one, until: ended })),
  );
  expect(holes(gone).map(({ day }) => day)).toEqual(["2026-11-26", "2026-11-27"]);
  // Who said that it is closed knows it, and nobody expects an extra Saturday again a week later.
  const holiday = line([said("closed", "2026-11-26"), said("as_weekday", "2026-11-21", { weekday: 5 })]);
  expect(holes(holiday)).toEqual([]);
});

test("days last 23 and 25 hours when the clocks change", () => {
  expect([hoursOf("2026-03-29", zone), hoursOf("2026-10-25", zone), hoursOf("2026-06-01", zone)]).toEqual([
    23, 25, 24,
  ]);
});

test("a night shift that would be running began yesterday", () => {
  const night = pattern(3, "Night", "22:00", "06:00", { weekdays: [1] });
  const at = (day: number, hour: number) => Date.UTC(2026, 10, day, hour - 1);
  expect(runningSince(night, zone, at(24, 2))).toBe(at(23, 22));
  expect(runningSince(night, zone, at(24, 6))).toBeNull();
  expect(runningSince(night, zone, at(23, 2))).toBeNull();
});

test("a preview names what goes and what comes, and leaves out what stays", () => {
  const before = expandCalendar(line([]), "2026-11-27", "2026-11-27");
  const changed = said("changed", "2026-11-27", { seriesId: 2, startLocal: "14:00", endLocal: "20:00" });
  const { gone, come } = differenceOf(before, expandCalendar(line([changed]), "2026-11-27", "2026-11-27"));
  expect([gone.map(({ end }) => end), come.map(({ end }) => end)]).toEqual([
    [Date.UTC(2026, 10, 27, 21)],
    [Date.UTC(2026, 10, 27, 19)],
  ]);
});

test("whatever is said of a day, the other days are as they were, and breaks lie inside their shifts", () => {
  const day = fc.integer({ min: 0, max: 20 }).map((n) => addDays("2026-10-19", n));
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom("00", "30"))
    .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${minute}`);
  const any = fc
    .record({
      kind: fc.constantFrom("closed", "as_weekday", "extra", "changed", "dropped" as const),
      day,
      weekday: fc.integer({ min: 1, max: 7 }),
      seriesId: fc.constantFrom(1, 2),
      startLocal: time,
      endLocal: time,
      lineId: fc.constantFrom(1, 2, null),
    })
    .map(({ kind, day: on, ...more }) => said(kind, on, { ...more, name: "Extra" }));
  const paused = [{ ...early, breaks: [{ start: "09:00", end: "09:30" }] }, late];
  fc.assert(
    fc.property(fc.array(any, { maxLength: 6 }), (exceptions) => {
      const calendar = line(exceptions, paused);
      const plain = expandCalendar(line([], paused), "2026-10-19", "2026-11-08");
      const shifts = expandCalendar(calendar, "2026-10-19", "2026-11-08");
      const touched = new Set(exceptions.filter((one) => one.lineId !== 2).map((one) => one.day));
      const others = (list: typeof shifts) => list.filter((shift) => !touched.has(shift.productionDay));
      expect(others(shifts)).toEqual(others(plain));
      for (const { start, end, breaks } of shifts) {
        expect(end).toBeGreaterThan(start);
        for (const pause of breaks) expect(pause.start >= start && pause.end <= end).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
}, 30_000);
