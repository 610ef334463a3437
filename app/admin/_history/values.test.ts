import { expect, test } from "vitest";
import { plainValue } from "./values.ts";

const say = (field: string, value: unknown) => plainValue(field, value, "en-GB", "Europe/Berlin");

test("a value of the history reads as on its own page: with unit, in percent, on the plant's clock", () => {
  expect(say("microStopMs", 90_000)).toBe("2 min");
  expect(say("targetShare", 0.85)).toBe("85%");
  expect(say("validFrom", Date.UTC(2026, 10, 23, 5))).toBe("23 Nov, 06:00");
  expect(say("leavesAt", Date.UTC(2026, 10, 23, 5))).toBe("23 Nov, 06:00");
  expect(say("positions", 4)).toBe("4");
  expect(say("name", "Press 1")).toBe("Press 1");
});

test("nothing is a dash, a list is a list, a break runs from to", () => {
  expect(say("name", null)).toBe("–");
  expect(say("breaks", [])).toBe("–");
  expect(say("weekdays", [1, 2, 5])).toBe("1, 2, 5");
  expect(say("breaks", [{ start: "09:00", end: "09:15" }])).toBe("09:00–09:15");
});
