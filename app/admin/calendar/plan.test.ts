import { expect, test } from "vitest";
import type { LineCalendar } from "#server/execution/shifts/calendar.rules.ts";
import type { BegunShift } from "#server/execution/shifts/calendar.contract.ts";
import {
  type DayForm,
  type Line,
  mondayOf,
  previewOf,
  sayOf,
  shownShifts,
  weeksFrom,
  withWord,
} from "./plan.ts";

const early = {
  id: 4,
  lineId: 1,
  code: "e",
  name: "Early",
  weekdays: [1, 2, 3, 4, 5],
  startLocal: "06:00",
  endLocal: "14:00",
  breaks: [],
  seriesId: 3,
  from: null,
  until: null,
};
const calendar: LineCalendar = { lineId: 1, zone: "Europe/Berlin", patterns: [early], exceptions: [] };
const form: DayForm = {
  kind: "closed",
  everyLine: true,
  weekday: "5",
  series: "3",
  name: "Overtime",
  start: "14:00",
  end: "18:00",
  reason: "Stocktaking",
};

test("weeks begin on Monday, also for a Sunday", () => {
  expect([mondayOf("2026-11-23"), mondayOf("2026-11-29"), mondayOf("2026-11-30")]).toEqual([
    "2026-11-23",
    "2026-11-23",
    "2026-11-30",
  ]);
  const weeks = weeksFrom("2026-11-25");
  expect([weeks[0]?.[0], weeks[0]?.[6], weeks[5]?.[6]]).toEqual(["2026-11-23", "2026-11-29", "2027-01-03"]);
});

test("what is sent holds what its kind needs; a single shift is never meant for every line", () => {
  expect(sayOf(form, "2026-11-26", 1)).toEqual({
    kind: "closed",
    day: "2026-11-26",
    reason: "Stocktaking",
    lineId: null,
  });
  expect(sayOf({ ...form, kind: "dropped" }, "2026-11-26", 1)).toMatchObject({ lineId: 1, seriesId: 3 });
  expect(sayOf({ ...form, kind: "extra" }, "2026-11-26", 1)).toMatchObject({
    name: "Overtime",
    startLocal: "14:00",
    endLocal: "18:00",
  });
});

const now = Date.UTC(2026, 10, 24, 9);
const morning = { start: Date.UTC(2026, 10, 24, 5), end: Date.UTC(2026, 10, 24, 13) };
const begun: BegunShift = {
  id: 1,
  lineId: 1,
  name: "Early",
  productionDay: "2026-11-24",
  breaks: [],
  seriesId: 3,
  ...morning,
};
const line: Line = { name: "Line 1", calendar, begun: [begun] };
const told = (shifts: readonly { productionDay: string; start: number }[]) =>
  shifts.map(({ productionDay, start }) => [productionDay, start]);

test("what has begun is shown as it was, what comes as it will be", () => {
  const closed = withWord(calendar, sayOf(form, "2026-11-25", 1));
  const shown = shownShifts({ ...line, calendar: closed }, now, ["2026-11-23", "2026-11-26"]);
  expect(told(shown)).toEqual([
    ["2026-11-24", morning.start],
    ["2026-11-26", Date.UTC(2026, 10, 26, 5)],
  ]);
});

test("closing a day takes nothing from the shift that runs, of any line", () => {
  const other: Line = {
    name: "Line 2",
    calendar: {
      ...calendar,
      lineId: 2,
      patterns: [{ ...early, lineId: 2, seriesId: 9, startLocal: "12:00" }],
    },
    begun: [],
  };
  const previews = previewOf([line, other], sayOf(form, "2026-11-24", 1), now);
  expect(previews.map(({ line: { name }, why, gone, come }) => [name, why, told(gone), come])).toEqual([
    ["Line 1", null, [], []],
    ["Line 2", null, [["2026-11-24", Date.UTC(2026, 10, 24, 11)]], []],
  ]);
});

test("a running shift may end earlier, and is refused to have begun at another time", () => {
  const changed: DayForm = { ...form, kind: "changed", start: "06:00", end: "12:00" };
  const [earlier] = previewOf([line], sayOf(changed, "2026-11-24", 1), now);
  expect([earlier?.why, earlier?.come.map(({ end }) => end)]).toEqual([null, [Date.UTC(2026, 10, 24, 11)]]);
  const [moved] = previewOf([line], sayOf({ ...changed, start: "07:00" }, "2026-11-24", 1), now);
  expect(moved?.why).toMatchObject({ code: "shift_begun" });
});
