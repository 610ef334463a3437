import { expect, test } from "vitest";
import { sparkPath, sparkRange } from "./sparkline.ts";

const box = { from: 0, to: 100, low: 0, high: 10, width: 100, height: 20 };

test("a hole in the data is a hole in the line", () => {
  const points = [0, 10, 60, 70].map((at) => ({ at, value: 5 }));
  expect(sparkPath(points, box, 20)).toBe("M0.0 10.0L10.0 10.0M60.0 10.0L70.0 10.0");
  expect(
    sparkPath(
      [
        { at: 0, value: 1 },
        { at: 5, value: null },
        { at: 9, value: 1 },
      ],
      box,
      20,
    ),
  ).toBe("M0.0 18.0M9.0 18.0");
});

test("what is older than the window is not drawn", () => {
  expect(sparkPath([{ at: -5, value: 1 }], box, 20)).toBe("");
});

test("a quiet signal is drawn quiet", () => {
  const quiet = sparkRange(
    [
      { at: 0, value: 230 },
      { at: 1, value: 230.1 },
    ],
    5,
  );
  expect(quiet.high - quiet.low).toBeCloseTo(5.5);
  expect(sparkRange([], 1)).toEqual({ low: 0, high: 1 });
});
