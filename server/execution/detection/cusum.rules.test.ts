import { expect, test } from "vitest";
import { add, given, learn, quietCusum, sigmaOf, unlearned, worst } from "./cusum.rules.ts";

const p = { k: 0.5, h: 5, cap: 1.5 };

test("the sum grows by z − k, never below 0, and stops at its cap", () => {
  let c = add(quietCusum, 0, 10, 2, p);
  expect(c.up.sum).toBe(1.5);
  expect(c.down.sum).toBe(0);
  c = add(c, 1, 10, -3, p);
  expect(c.up.sum).toBe(0);
  expect(c.down.sum).toBe(2.5);
  for (let i = 0; i < 20; i++) c = add(c, i, 10, 4, p);
  expect(c.up.sum).toBe(7.5);
});

test("it knows since when, and the mean since then", () => {
  let c = add(quietCusum, 0, 100, 0, p);
  c = add(c, 1, 104, 2, p);
  c = add(c, 2, 106, 3, p);
  const { side, direction } = worst(c, "both");
  expect(direction).toBe("up");
  expect(side).toMatchObject({ since: 1, n: 2, total: 210 });
});

test("of both sides the higher one speaks; asked for one side, the other is not heard", () => {
  const c = add(quietCusum, 0, 10, -4, p);
  expect(worst(c, "both").direction).toBe("down");
  expect(worst(c, "up").side.sum).toBe(0);
});

test("a baseline is learned and then never changes; a constant signal keeps the least spread", () => {
  let b = unlearned;
  for (const v of [2, 4, 4, 4, 5, 5, 7, 9]) b = learn(b, v, 8);
  expect(b).toMatchObject({ frozen: true, mean: 5, n: 8 });
  expect(sigmaOf(b, 0.1)).toBeCloseTo(Math.sqrt(32 / 7), 9);
  expect(learn(b, 1000, 8)).toEqual(b);
  let flat = unlearned;
  for (let i = 0; i < 5; i++) flat = learn(flat, 3, 5);
  expect(sigmaOf(flat, 0.3)).toBe(0.3);
  expect(sigmaOf(given(1, 2), 0.3)).toBe(2);
});
