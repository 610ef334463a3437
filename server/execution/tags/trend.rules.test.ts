import { expect, test } from "vitest";
import { levelFor, withGaps } from "./trend.rules.ts";

test("13.5: the coarsest rollup that is as fine as a pixel is read, and readings below that", () => {
  expect(levelFor(9_999)).toBe(null);
  expect(levelFor(10_000)).toBe(10);
  expect(levelFor(59_999)).toBe(10);
  expect(levelFor(60_000)).toBe(60);
  expect(levelFor(30 * 86_400_000)).toBe(86_400);
});

const point = (at: number, value: number | null) => ({ at, value, min: value, max: value });

test("13.5: a line ends where its value is not known any more, once", () => {
  const columns = withGaps(
    [point(0, 1), point(10, 2), point(100, null), point(110, null), point(120, 5)],
    30,
    200,
  );
  expect(columns.at).toEqual([0, 10, 40, 120, 150]);
  expect(columns.value).toEqual([1, 2, null, 5, null]);
});

test("a line whose value still holds at the end has no gap", () => {
  expect(withGaps([point(0, 1), point(20, 2)], 30, 50).value).toEqual([1, 2]);
});
