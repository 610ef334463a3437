import { expect, test } from "vitest";
import { figureName, figureValue } from "./figures.ts";

test("a key of the health report is read as words, its unit stands with the value", () => {
  expect(figureName("newestBatchAgeMs")).toBe("newest batch age");
  expect(figureValue("en-GB", "newestBatchAgeMs", 106_299)).toBe("2 min");
  expect(figureName("edge 1 queue bytes")).toBe("edge 1 queue");
  expect(figureValue("en-GB", "bytes", 151_451_327)).toBe("151.5 MB");
  expect(figureName("bytes")).toBe("bytes");
  expect([figureName("inFlightLimitBytes"), figureValue("en-GB", "inFlightLimitBytes", 67_108_864)]).toEqual([
    "in flight limit",
    "67.1 MB",
  ]);
  expect(figureValue("en-GB", "readings", 6241)).toBe("6,241");
  expect([figureName("alarms"), figureValue("en-GB", "alarms", 3)]).toEqual(["alarms", "3"]);
  expect(figureValue("en-GB", "away", "")).toBe("–");
});
