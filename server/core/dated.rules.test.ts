import { expect, test } from "vitest";
import { differFrom, holdsAt, overlap, saidFrom } from "./dated.rules.ts";

const a = { cycle: 10, from: null, to: 100 };
const b = { cycle: 12, from: 100, to: null };

test("what held before stays for the time before, and is cut where the new begins", () => {
  expect(saidFrom([a, b], 150, { cycle: 9 })).toEqual([
    a,
    { cycle: 12, from: 100, to: 150 },
    { cycle: 9, from: 150, to: null },
  ]);
});

test("what was said for later is replaced", () => {
  expect(saidFrom([a, b], 50, { cycle: 9 })).toEqual([
    { cycle: 10, from: null, to: 50 },
    { cycle: 9, from: 50, to: null },
  ]);
  expect(saidFrom([a, b], 100, { cycle: 9 })).toEqual([a, { cycle: 9, from: 100, to: null }]);
});

test("said for always replaces everything; said to end leaves nothing from then on", () => {
  expect(saidFrom([a, b], null, { cycle: 9 })).toEqual([{ cycle: 9, from: null, to: null }]);
  expect(saidFrom([a, b], 120, null)).toEqual([a, { cycle: 12, from: 100, to: 120 }]);
});

test("at its first instant something holds, at its last it does no more", () => {
  expect(holdsAt([a, b], 99)).toBe(a);
  expect(holdsAt([a, b], 100)).toBe(b);
  expect(holdsAt([a], 100)).toBeUndefined();
});

test("two that meet at an instant hold at no time together", () => {
  expect(overlap(a, b)).toBeNull();
  expect(overlap({ from: null, to: null }, a)).toEqual({ from: null, to: 100 });
  expect(overlap({ from: 20, to: null }, a)).toEqual({ from: 20, to: 100 });
});

test("what changed is known to the instant, so that no more is counted again than has to be", () => {
  expect(differFrom([a, b], saidFrom([a, b], 150, { cycle: 9 }))).toBe(150);
  expect(differFrom([a, b], saidFrom([a, b], null, { cycle: 9 }))).toBe(Number.NEGATIVE_INFINITY);
  expect(differFrom([a, b], saidFrom([a, b], 120, null))).toBe(120);
  expect(differFrom([a, b], [b, a])).toBeNull();
  // The same value said anew changes nothing.
  expect(differFrom([a, b], saidFrom([a, b], 150, { cycle: 12 }))).toBeNull();
});
