import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BegunShift, CalendarException } from "./calendar.contract.ts";
import {
  daysToCheck,
  expandCalendar,
  expandDays,
  type LineCalendar,
  whyNotShifts,
} from "./calendar.rules.ts";
import { replan, whyTooLate } from "./replan.rules.ts";
import type { ShiftPattern } from "./shifts.contract.ts";
import { addDays } from "./shifts.rules.ts";

const zone = "Europe/Berlin";
const hour = 3_600_000;
const day = "2026-11-23";
/** Local time of that winter Monday, ms. */
const at = (h: number, minute = 0) => Date.UTC(2026, 10, 23, h - 1, minute);
const pattern = (id: number, name: string, startLocal: string, endLocal: string): ShiftPattern => ({
  id,
  lineId: 1,
  code: name,
  name,
  weekdays: [1, 2, 3, 4, 5],
  startLocal,
  endLocal,
  breaks: name === "Early" ? [{ start: "12:00", end: "12:30" }] : [],
  seriesId: id,
  from: null,
  until: null,
});
let ids = 0;
const said = (kind: CalendarException["kind"], more: Partial<CalendarException> = {}): CalendarException => ({
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
const line = (...exceptions: CalendarException[]): LineCalendar => ({
  lineId: 1,
  zone,
  patterns: [pattern(1, "Early", "06:00", "14:00"), pattern(2, "Late", "14:00", "22:00")],
  exceptions,
});
const planned = (...exceptions: CalendarException[]) => expandCalendar(line(...exceptions), day, day);
const changed = (seriesId: number, startLocal: string, endLocal: string) =>
  said("changed", { seriesId, startLocal, endLocal });
const extra = (startLocal: string, endLocal: string) =>
  said("extra", { name: "Overtime", startLocal, endLocal });

/** What has begun by `now` of a calendar that was always this one. */
function begunBy(now: number, calendar = line(), days = [day]): BegunShift[] {
  return expandDays(calendar, days)
    .filter(({ start }) => start <= now)
    .map(({ exceptionId: _exceptionId, patternId: _patternId, ...shift }, i) => ({ ...shift, id: i + 1 }));
}
const told = (shifts: readonly { name: string; start: number; end: number }[]) =>
  shifts.map(({ name, start, end }) => {
    const clock = (ms: number) => new Date(ms + hour).toISOString().slice(11, 16);
    return `${name} ${clock(start)}-${clock(end)}`;
  });

describe("at ten the early shift runs", () => {
  const now = at(10);
  const begun = begunBy(now);

  test("it ends where it is planned, and the break after that falls away", () => {
    const plan = replan(planned(changed(1, "06:00", "12:15")), begun, now);
    expect(told(plan.begun)).toEqual(["Early 06:00-12:15"]);
    expect(plan.begun[0]?.breaks).toEqual([{ start: at(12), end: at(12, 15) }]);
    const back = replan(planned(), plan.begun, now);
    expect(back.begun).toEqual(begun);
  });

  test("a break that has begun is what it was", () => {
    const later = replan(planned(changed(1, "06:00", "13:00")), begunBy(at(12, 10)), at(12, 10));
    expect(later.begun[0]?.breaks).toEqual([{ start: at(12), end: at(12, 30) }]);
  });

  test("closing the day takes away what has not begun, and nothing else", () => {
    const plan = replan(planned(said("closed")), begun, now);
    expect([told(plan.begun), told(plan.coming)]).toEqual([["Early 06:00-14:00"], []]);
  });

  test("a pattern that moves is not worked a second time on the same day", () => {
    const plan = replan(planned(changed(1, "22:00", "04:00")), begun, now);
    expect([told(plan.begun), told(plan.coming)]).toEqual([["Early 06:00-14:00"], ["Late 14:00-22:00"]]);
  });

  test("a shift that nobody planned before, and that should be running, begins where nothing runs", () => {
    const plan = replan(planned(extra("09:00", "12:00")), [], now);
    expect(told(plan.coming)).toContain("Overtime 09:00-12:00");
    const atNoon = replan(planned(), [], at(23));
    expect(told(atNoon.coming)).toEqual([]);
  });
});

describe("a word that comes too late is refused with the shift it means", () => {
  const why = (before: CalendarException[], after: CalendarException[], now: number, begun = begunBy(now)) =>
    whyTooLate(planned(...before), planned(...after), begun, now, zone);

  test.each([
    ["it should end before now", changed(1, "06:00", "09:00"), "shift_begun"],
    ["it should have begun at another time", changed(1, "07:00", "15:00"), "shift_begun"],
    ["it should begin later", changed(1, "12:00", "20:00"), "shift_begun"],
    ["it should not happen", said("dropped", { seriesId: 1 }), "shift_begun"],
    ["overtime that is over", extra("04:00", "05:00"), "time_over"],
  ])("at ten: %s", (_name, word, code) => {
    expect(why([], [word], at(10))).toMatchObject({ code });
  });

  test("the running shift's end to come, and what comes later, may be said", () => {
    expect(why([], [changed(1, "06:00", "10:30")], at(10))).toBeNull();
    expect(why([], [changed(2, "15:00", "22:00")], at(10))).toBeNull();
    expect(why([], [said("dropped", { seriesId: 2 })], at(10))).toBeNull();
  });

  test("a word is not taken back once its time is over, nor overtime while it runs", () => {
    const dropped = said("dropped", { seriesId: 2 });
    expect(why([dropped], [], at(23), begunBy(at(23), line(dropped)))).toMatchObject({ code: "time_over" });
    const longer = changed(1, "06:00", "15:00");
    const moved = changed(2, "15:00", "22:00");
    const half = begunBy(at(14, 30), line(longer, moved));
    expect(why([longer, moved], [moved], at(14, 30), half)).toMatchObject({
      code: "shift_begun",
      params: { name: "Early", time: "2026-11-23 06:00–15:00" },
    });
    const overtime = extra("22:00", "23:30");
    const running = begunBy(at(23), line(overtime));
    expect(why([overtime], [], at(23), running)).toMatchObject({ code: "shift_begun" });
    // It may last longer than was said.
    expect(why([overtime], [{ ...overtime, endLocal: "23:50" }], at(23), running)).toBeNull();
  });
});

const time = fc
  .record({ hour: fc.nat(23), minute: fc.constantFrom("00", "30") })
  .map((one) => `${String(one.hour).padStart(2, "0")}:${one.minute}`);
const anyWord = fc
  .record({
    kind: fc.constantFrom("closed", "as_weekday", "extra", "changed", "dropped" as const),
    day: fc.integer({ min: -2, max: 12 }).map((n) => addDays(day, n)),
    weekday: fc.integer({ min: 1, max: 7 }),
    seriesId: fc.constantFrom(1, 2),
    startLocal: time,
    endLocal: time,
  })
  .map(({ kind, seriesId, ...more }) =>
    said(kind, { ...more, name: "Extra", seriesId: kind === "extra" ? null : seriesId }),
  );
const days = Array.from({ length: 17 }, (_, n) => addDays(day, n - 3));

test("however words follow one another in time, nothing is ever at once, what is over stays, and planning again changes nothing", () => {
  const steps = fc.array(fc.record({ words: fc.array(anyWord, { maxLength: 4 }), hours: fc.nat(40) }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(steps, (list) => {
      let now = at(10);
      let begun: readonly BegunShift[] = begunBy(now, line(), days);
      let coming = replan(expandDays(line(), days), begun, now).coming;
      for (const { words, hours } of list) {
        const all = expandDays(line(...words), days);
        const plan = replan(all, begun, now);
        const shifts = [...plan.begun, ...plan.coming].toSorted((a, b) => a.start - b.start);
        // What cannot be is refused, and everything stays as it is.
        if (whyNotShifts(shifts, zone) === null) {
          for (const [i, shift] of plan.begun.entries()) {
            const was = begun[i];
            expect(shift.start).toBe(was?.start);
            if (shift.end !== was?.end) expect(Math.min(shift.end, was?.end ?? 0)).toBeGreaterThan(now);
          }
          for (const shift of plan.coming) expect(shift.end).toBeGreaterThan(now);
          expect(replan(all, plan.begun, now)).toEqual(plan);
          ({ begun, coming } = plan);
        }
        const standing = [...begun, ...coming].toSorted((a, b) => a.start - b.start);
        expect(whyNotShifts(standing, zone)).toBeNull();
        now += hours * hour;
        const started = coming.filter(({ start }) => start <= now);
        begun = [...begun, ...started.map((one, i) => ({ ...one, id: begun.length + i + 1 }))];
        coming = coming.filter(({ start }) => start > now);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("looking through the days that differ finds every overlap that looking through all of them finds", () => {
  const turn = fc.integer({ min: 0, max: 12 }).map((n) => Date.UTC(2026, 10, 22 + n, 23));
  fc.assert(
    fc.property(fc.array(anyWord, { maxLength: 3 }), turn, time, (words, from, endLocal) => {
      const [early, late] = line().patterns;
      if (early === undefined || late === undefined) return;
      const later = { ...late, id: 3, from, endLocal };
      const calendar = { ...line(...words), patterns: [early, { ...late, until: from }, later] };
      const found = (list: readonly string[]) => whyNotShifts(expandDays(calendar, list), zone) !== null;
      const every = Array.from({ length: 45 }, (_, n) => addDays(day, n - 1));
      const some = daysToCheck(calendar, day).filter((one) => one >= addDays(day, -1));
      expect(found(some)).toBe(found(every));
    }),
    { numRuns: 150 },
  );
}, 60_000);
