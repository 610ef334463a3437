import { expect, test } from "vitest";
import { circleOf, neededFor } from "./bill.rules.ts";

const always = { from: null, to: null };
const part = (
  productId: string,
  componentId: string,
  time = always as { from: number | null; to: number | null },
) => ({
  productId,
  componentId,
  ...time,
});

test("a pack holds caps, and a cap cannot hold the pack: the chain is named", () => {
  const parts = [part("pack", "cap"), part("cap", "liner")];
  expect(circleOf(parts, part("liner", "pack"))).toEqual(["liner", "pack", "cap", "liner"]);
  expect(circleOf(parts, part("pack", "liner"))).toBeNull();
  expect(circleOf([], part("pack", "pack"))).toEqual(["pack", "pack"]);
});

test("what holds at different times makes no circle", () => {
  const parts = [part("pack", "cap", { from: null, to: 100 })];
  expect(circleOf(parts, part("cap", "pack", { from: 100, to: null }))).toBeNull();
  expect(circleOf(parts, part("cap", "pack", { from: 99, to: null }))).toEqual(["cap", "pack", "cap"]);
});

test("a circle that closes only at a later time is found although the part was seen at an earlier one", () => {
  const parts = [
    part("b", "c", { from: null, to: 10 }),
    part("b", "d", { from: 10, to: null }),
    part("d", "c"),
    part("c", "a", { from: 10, to: null }),
  ];
  expect(circleOf(parts, part("a", "b"))).toEqual(["a", "b", "d", "c", "a"]);
});

test("what is planned to be lost comes on top of what the parts hold", () => {
  expect(neededFor({ perPart: 0.025, scrapPercent: 4 }, 1000)).toBeCloseTo(26, 9);
});
