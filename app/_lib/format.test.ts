import { expect, test } from "vitest";
import {
  formatClock,
  formatDayTime,
  formatNumber,
  formatRunning,
  formatRange,
  formatSigned,
  formatSpan,
  formatZone,
} from "./format.ts";

const noon = Date.UTC(2026, 10, 22, 12, 0, 5);

test("a value keeps its decimals while it changes", () => {
  expect(formatNumber("en-GB", 230, 1)).toBe("230.0");
  expect(formatNumber("de", 1234.56, 1)).toBe("1.234,6");
});

test("a gap of nothing has no direction", () => {
  expect(formatSigned("en-GB", -242)).toBe("−242");
  expect(formatSigned("en-GB", 3)).toBe("+3");
  expect(formatSigned("en-GB", -0.01, 1)).toBe("±0.0");
});

test("time in state runs in seconds and grows an hour part when it needs one", () => {
  expect(formatRunning(62_400)).toBe("01:02");
  expect(formatRunning(4_353_000)).toBe("1:12:33");
  expect(formatRunning(-5)).toBe("00:00");
});

test("spans read as people say them", () => {
  expect(formatSpan("en-GB", 42_000)).toBe("42 s");
  expect(formatSpan("en-GB", 59_700)).toBe("1 min");
  expect(formatSpan("de", 50 * 3600_000)).toBe("2 d");
  expect(formatSpan("ar-u-nu-latn", 42_000)).toMatch(/^42 /);
  expect(formatSpan("en-GB", 3 * 3600_000 + 5 * 60_000)).toBe("3 h 5 min");
});

test("the plant's clock is shown, wherever the screen stands", () => {
  expect(formatClock("en-GB", "Europe/Berlin", noon)).toBe("13:00");
  expect(formatClock("ar-u-nu-latn", "Europe/Berlin", noon)).toBe("13:00");
  expect(formatZone("en-GB", "Europe/Berlin", noon)).toBe("CET");
  expect(formatDayTime("en-GB", "Europe/Berlin", noon)).toBe("22 Nov, 13:00");
});

test("a range is isolated, so that it keeps its order in a line from right to left", () => {
  expect(formatRange("06:00", "14:00")).toBe("\u206806:00–14:00\u2069");
  expect(formatRange("22 Nov, 06:00", "23 Nov, 14:00 CET")).toBe(
    "\u206822 Nov, 06:00 – 23 Nov, 14:00 CET\u2069",
  );
  expect(formatRange("-5", "10")).toBe("\u2068-5 – 10\u2069");
});
