import { expect, test } from "vitest";
import { outsideBand, placeOn, shownRange } from "./analogue.ts";

const melt = { low: 0, high: 400, normalLow: 225, normalHigh: 235 };

test("the normal band fills the middle third, whatever the sensor could measure", () => {
  const range = shownRange(melt, 230);
  expect(range).toEqual({ from: 215, to: 245 });
  expect(placeOn(range ?? { from: 0, to: 1 }, 230)).toBe(50);
  expect(placeOn(range ?? { from: 0, to: 1 }, 300)).toBe(100);
});

test("a set-point outside the band stays on the bar", () => {
  expect(shownRange(melt, 250)).toEqual({ from: 215, to: 250 });
});

test("without a band the physical range is shown, without both nothing", () => {
  expect(shownRange({ ...melt, normalLow: null, normalHigh: null }, null)).toEqual({ from: 0, to: 400 });
  expect(shownRange({ low: null, high: null, normalLow: null, normalHigh: null }, null)).toBeNull();
});

test("the side on which a value left its band is known, the edge belongs to it", () => {
  expect(outsideBand(melt, 235)).toBeNull();
  expect(outsideBand(melt, 235.1)).toBe("above");
  expect(outsideBand(melt, 224)).toBe("below");
});
