import { expect, test } from "vitest";
import { decimalsOf, numberOf } from "./choices.ts";

test("a number is read with a comma as with a point", () => {
  expect([numberOf("0,025"), numberOf("0.025"), numberOf("12")]).toEqual([0.025, 0.025, 12]);
});

test("a share is shown as exactly as it was said", () => {
  expect([10, 0.35, 0.025, 1 / 3].map((value) => decimalsOf(value))).toEqual([0, 2, 3, 4]);
});
