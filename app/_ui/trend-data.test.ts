import { expect, test } from "vitest";
import { columnsOf, decimalsOf, nearest, valueRange } from "./trend-data.ts";

test("gaps stay gaps, and spikes travel with their bucket", () => {
  const base = { key: "a", label: "a", unit: null, decimals: 1 };
  expect(columnsOf({ ...base, at: [1000, 2000], value: [5, null] })).toEqual([
    [1000, 2000],
    [5, null],
  ]);
  expect(columnsOf({ ...base, at: [1000], value: [5], min: [1], max: [9] })).toEqual([[1000], [1], [9], [5]]);
});

test("the axis shows the normal band even when every value lies inside it", () => {
  const [low, high] = valueRange(229, 231, { low: 225, high: 235 });
  expect(low).toBeLessThan(225);
  expect(high).toBeGreaterThan(235);
  expect(valueRange(null, null, null)).toEqual([0, 1]);
});

test("a constant value is a line in the middle, not an axis without height", () => {
  const [low, high] = valueRange(5, 5, null);
  expect(low).toBeLessThan(5);
  expect(high).toBeGreaterThan(5);
});

test("the cursor snaps to the nearest point", () => {
  expect(nearest([10, 20, 40], 29)).toBe(1);
  expect(nearest([10, 20, 40], 31)).toBe(2);
  expect(nearest([10, 20, 40], -5)).toBe(0);
  expect(nearest([10, 20, 40], 99)).toBe(2);
  expect(nearest([], 1)).toBeNull();
});

test("marks of an axis are told apart: steps of two and a half are not rounded to whole numbers", () => {
  expect(decimalsOf([225, 227.5, 230])).toBe(1);
  expect(decimalsOf([225, 230])).toBe(0);
  expect(decimalsOf([0, 0.05])).toBe(2);
  expect(decimalsOf([7])).toBe(0);
});
