import { expect, test } from "vitest";
import {
  asBreaks,
  asDay,
  asFlag,
  asList,
  asLocalStart,
  asLocalTime,
  asNames,
  asNumber,
  asPairs,
  asTime,
  asWeekdays,
  asWords,
  breaksText,
  pairsText,
  type ReadCell,
  weekdaysText,
  wordsText,
} from "./cells.rules.ts";

const comma = { decimalComma: true };
const point = { decimalComma: false };
const code = (read: ReadCell, text: string, file = point) => {
  try {
    return read(text, file);
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test.each([
  ["1.5", point, 1.5],
  ["-0.25", point, -0.25],
  ["1e3", point, 1000],
  [".5", point, 0.5],
  ["1,5", point, "not_a_number"],
  ["1,234.5", point, "not_a_number"],
  ["1,5", comma, 1.5],
  ["-273,15", comma, -273.15],
  ["1.5", comma, 1.5],
  ["0.125", comma, 0.125],
  ["1.125", comma, "number_ambiguous"],
  ["1.234.567", comma, "number_ambiguous"],
  ["1.234,5", comma, "not_a_number"],
  ["1,2,3", comma, "not_a_number"],
  ["0x10", point, "not_a_number"],
  ["Infinity", point, "not_a_number"],
  ["12 °C", point, "not_a_number"],
])("%s is read as the number it must be, or not at all", (text, file, value) => {
  expect(code(asNumber, text, file)).toBe(value);
});

test.each([
  ["yes", true],
  ["WAHR", true],
  ["Sí", true],
  ["1", true],
  ["FALSO", false],
  ["nein", false],
  ["0", false],
  ["maybe", "not_one_of"],
])("%s is yes or no as spreadsheets of any language write it", (text, value) => {
  expect(code(asFlag, text)).toBe(value);
});

test.each([
  ["6:00", "06:00"],
  ["06:00", "06:00"],
  ["22:30:00", "22:30"],
  ["24:00", "time_malformed"],
  ["06:60", "time_malformed"],
  ["6", "time_malformed"],
  ["06:00:30", "time_malformed"],
])("%s as a time of day", (text, value) => {
  expect(code(asTime, text)).toBe(value);
});

test.each([
  ["Mon-Fri", [1, 2, 3, 4, 5]],
  ["1-5", [1, 2, 3, 4, 5]],
  ["Sat, Sun", [6, 7]],
  ["6 7", [6, 7]],
  ["Fri - Mon", [1, 5, 6, 7]],
  ["monday", [1]],
  ["1,1,2", [1, 2]],
  ["8", "not_one_of"],
  ["2026-01-05", "not_one_of"],
])("%s as days of the week", (text, value) => {
  expect(code(asWeekdays, text)).toEqual(value);
});

test.each([
  [[1, 2, 3, 4, 5], "Mon-Fri"],
  [[6], "Sat"],
  [[1, 3, 4, 7], "Mon, Wed-Thu, Sun"],
])("days %j are written so that no spreadsheet takes them for a date", (days, text) => {
  expect(weekdaysText(days)).toBe(text);
  expect(asWeekdays(text, point)).toEqual(days);
});

test("breaks are pairs of times", () => {
  const breaks = [
    { start: "10:00", end: "10:15" },
    { start: "23:50", end: "00:10" },
  ];
  expect(asBreaks("10:00-10:15, 23:50 - 0:10", point)).toEqual(breaks);
  expect(asBreaks(breaksText(breaks), point)).toEqual(breaks);
  expect(code(asBreaks, "10:00")).toBe("time_malformed");
  expect(code(asBreaks, "10:00-10:15-10:30")).toBe("time_malformed");
});

test("several words in a cell", () => {
  expect(asList("operator, setter;quality  manager", point)).toEqual([
    "operator",
    "setter",
    "quality",
    "manager",
  ]);
});

test("words of a state come back whatever stands in them", () => {
  const words = { "0": "idle", "3": "running", "a;b": "c=d", "x\\": "\\;" };
  expect(asWords(wordsText(words), point)).toEqual(words);
  expect(asWords("0=idle; 3 = running;", point)).toEqual({ "0": "idle", "3": "running" });
  expect(code(asWords, "0=idle;running")).toBe("not_one_of");
  expect(code(asWords, "0=a=b")).toBe("not_one_of");
});

test.each([
  ["2026-11-30 14:00", "2026-11-30T14:00"],
  ["2026-11-30T6:00", "2026-11-30T06:00"],
  ["2026-11-30", "2026-11-30T23:59"],
  ["2026-02-30", "time_malformed"],
  ["30.11.2026", "time_malformed"],
  ["2026-11-30 25:00", "time_malformed"],
])("an order due at %s", (text, value) => {
  expect(code(asLocalTime, text)).toBe(value);
});

test.each([
  ["2026-11-30", "2026-11-30T00:00"],
  ["2026-11-30 6:00", "2026-11-30T06:00"],
  ["2026-02-30", "time_malformed"],
  ["tomorrow", "time_malformed"],
])("what holds from %s on", (text, value) => {
  expect(code(asLocalStart, text)).toBe(value);
});

test("the last day of a skill is a day that exists, without a time", () => {
  expect(code(asDay, "2028-02-29")).toBe("2028-02-29");
  for (const text of ["2027-02-29", "2028-02-29 14:00", "29.02.2028"])
    expect(code(asDay, text)).toBe("time_malformed");
});

test("names in a cell may have spaces", () => {
  expect(asNames("Press 1, saw-1; Oven left,", point)).toEqual(["Press 1", "saw-1", "Oven left"]);
});

test("what a tool fits comes back whatever stands in it, the same product more than once", () => {
  const fits = [
    ["cap", "Moulding"],
    ["cap", "Cut; trim = done"],
  ] as const;
  expect(asPairs(pairsText(fits), point)).toEqual(fits);
  expect(code(asPairs, "Moulding")).toBe("not_one_of");
});
