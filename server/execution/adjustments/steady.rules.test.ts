import { expect, test } from "vitest";
import { isSteady } from "./steady.rules.ts";

test("a value that still runs away is not steady; one that stays within the band is", () => {
  expect(isSteady([231, 234, 238, 241], 1)).toBe(false);
  expect(isSteady([231, 238, 243.6, 244, 244.2, 243.9], 1)).toBe(true);
});

test("three values tell nothing yet", () => {
  expect(isSteady([244, 244, 244], 1)).toBe(false);
});
