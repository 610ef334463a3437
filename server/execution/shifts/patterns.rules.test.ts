import { describe, expect, test } from "vitest";
import { whyNotPattern } from "./patterns.rules.ts";

const workdays = [1, 2, 3, 4, 5];
const shift = (startLocal: string, endLocal: string, weekdays: number[] = workdays, name = "Shift") => ({
  name,
  weekdays,
  startLocal,
  endLocal,
  breaks: [] as { start: string; end: string }[],
});
const early = shift("06:00", "14:00", workdays, "Early");
const late = shift("14:00", "22:00", workdays, "Late");
const night = shift("22:00", "06:00", workdays, "Night");

test("early, late and night follow each other without a gap and without an overlap", () => {
  expect(whyNotPattern(early, [])).toBeNull();
  expect(whyNotPattern(late, [early])).toBeNull();
  expect(whyNotPattern(night, [early, late])).toBeNull();
});

describe("two shifts at once are refused", () => {
  test.each([
    ["an hour too early", shift("13:00", "21:00"), early],
    ["a night that begins before the late shift ends", shift("21:59", "06:00"), late],
    ["a night that lasts into the early shift of the next day", shift("22:00", "06:01"), early],
    ["Sunday's night into Monday", shift("22:00", "07:00", [7]), early],
    ["the same again", early, early],
  ])("%s", (_name, pattern, other) => {
    expect(whyNotPattern(pattern, [other])).toMatchObject({
      code: "shift_overlap",
      params: { other: other.name },
    });
  });
});

test("the refusal names both shifts and their times", () => {
  expect(whyNotPattern(shift("13:00", "21:00", workdays, "Middle"), [early])).toMatchObject({
    params: { name: "Middle", time: "13:00–21:00", other: "Early", otherTime: "06:00–14:00" },
  });
});

test("a whole day does not overlap itself on the next one, and Saturday's night ends before Monday", () => {
  expect(whyNotPattern(shift("06:00", "06:00", [1, 2, 3, 4, 5, 6, 7]), [])).toBeNull();
  expect(whyNotPattern(shift("22:00", "06:00", [6]), [early])).toBeNull();
});

test("a break lies inside its shift, also after midnight", () => {
  const pause = (start: string, end: string) => ({ ...night, breaks: [{ start, end }] });
  expect(whyNotPattern(pause("02:00", "02:30"), [])).toBeNull();
  expect(whyNotPattern(pause("05:30", "06:00"), [])).toBeNull();
  expect(whyNotPattern(pause("05:45", "06:15"), [])).toMatchObject({ code: "break_outside_shift" });
  expect(whyNotPattern(pause("12:00", "12:30"), [])).toMatchObject({ code: "break_outside_shift" });
});
