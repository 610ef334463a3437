import fc from "fast-check";
import { expect, test } from "vitest";
import { expandCalendar } from "./calendar.rules.ts";
import type { ShiftPattern } from "./shifts.contract.ts";
import { addDays, localDay } from "./shifts.rules.ts";

const hour = 3_600_000;
const all = [1, 2, 3, 4, 5, 6, 7];
const pattern = (
  id: number,
  name: string,
  startLocal: string,
  endLocal: string,
  breaks: ShiftPattern["breaks"] = [],
): ShiftPattern => ({
  id,
  lineId: 1,
  code: name,
  name,
  weekdays: all,
  startLocal,
  endLocal,
  breaks,
  seriesId: id,
  from: null,
  until: null,
});
/** A line that works by these patterns, without any exception. */
const expandShifts = (patterns: readonly ShiftPattern[], zone: string, fromDay: string, toDay: string) =>
  expandCalendar({ lineId: 1, zone, patterns, exceptions: [] }, fromDay, toDay);
const three = [
  pattern(1, "early", "06:00", "14:00", [{ start: "10:00", end: "10:30" }]),
  pattern(2, "late", "14:00", "22:00"),
  pattern(3, "night", "22:00", "06:00", [{ start: "02:00", end: "02:30" }]),
];
const night = (day: string, zone = "Europe/Berlin") =>
  expandShifts([three[2] ?? pattern(0, "", "", "")], zone, day, day)[0];
const hours = (shift: { start: number; end: number } | undefined) =>
  ((shift?.end ?? 0) - (shift?.start ?? 0)) / hour;

test("a night lasts eight hours, seven when summer time begins and nine when it ends", () => {
  expect(hours(night("2026-03-27"))).toBe(8);
  expect(hours(night("2026-03-28"))).toBe(7);
  expect(hours(night("2026-10-24"))).toBe(9);
});

test("a night belongs to the day on which it begins", () => {
  const shift = night("2026-11-22");
  expect(shift?.productionDay).toBe("2026-11-22");
  expect(shift?.start).toBe(Date.UTC(2026, 10, 22, 21));
  expect(shift?.end).toBe(Date.UTC(2026, 10, 23, 5));
});

test("a break that falls into the skipped hour moves with it; one in the doubled hour is the first", () => {
  const spring = night("2026-03-28")?.breaks[0];
  expect(spring).toEqual({ start: Date.UTC(2026, 2, 29, 1, 0), end: Date.UTC(2026, 2, 29, 1, 30) });
  const autumn = night("2026-10-24")?.breaks[0];
  expect(autumn).toEqual({ start: Date.UTC(2026, 9, 25, 0, 0), end: Date.UTC(2026, 9, 25, 0, 30) });
});

test("days of three shifts are 23 and 25 hours long when the clocks change", () => {
  const day = (date: string) =>
    expandShifts(three, "Europe/Berlin", date, date).reduce((sum, s) => sum + s.end - s.start, 0) / hour;
  expect([day("2026-03-28"), day("2026-10-24"), day("2026-06-01")]).toEqual([23, 25, 24]);
});

test("a shift happens only on its weekdays", () => {
  const weekdays = { ...pattern(1, "early", "06:00", "14:00"), weekdays: [1, 2, 3, 4, 5] };
  expect(
    expandShifts([weekdays], "Europe/Berlin", "2026-11-16", "2026-11-22").map((s) => s.productionDay),
  ).toEqual(["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]);
});

test("in any zone and week three shifts of a day follow one another without gap or overlap, breaks inside them", () => {
  const zones = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Africa/Casablanca",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 3000 }), (zone, offset) => {
      const from = addDays("2022-01-01", offset);
      const shifts = expandShifts(three, zone, from, addDays(from, 6));
      shifts.forEach((shift, i) => {
        const next = shifts[i + 1];
        if (next !== undefined) expect(shift.end).toBe(next.start);
        for (const pause of shift.breaks) {
          expect(pause.start).toBeGreaterThanOrEqual(shift.start);
          expect(pause.end).toBeLessThanOrEqual(shift.end);
        }
        expect(localDay(shift.start, zone)).toBe(shift.productionDay);
      });
    }),
    { numRuns: 100 },
  );
}, 30_000);
