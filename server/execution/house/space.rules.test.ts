import { expect, test } from "vitest";
import { defaultSpaceLimits, type DiskSample } from "./space.contract.ts";
import { growthPerDay, isShort, samplesThatCount, spaceLeft, usedBytes } from "./space.rules.ts";

const day = 86_400_000;
const gb = 1e9;
const t0 = Date.UTC(2026, 0, 1);

/** One sample a day; each number is how many GB were used of 100. */
function days(...used: number[]): DiskSample[] {
  return used.map((u, i) => ({
    at: t0 + i * day,
    freeBytes: (100 - u) * gb,
    totalBytes: 100 * gb,
    databaseBytes: (u / 2) * gb,
  }));
}

test("with fewer than three days nobody can tell how long the disk lasts", () => {
  expect(growthPerDay(days(10, 12), usedBytes)).toBeNull();
  expect(spaceLeft(88 * gb, growthPerDay(days(10, 12), usedBytes))).toEqual({ kind: "unknown" });
});

test("a disk that fills by 2 GB a day with 86 GB free lasts 43 days", () => {
  const perDay = growthPerDay(days(10, 12, 14), usedBytes);
  expect(perDay).toBeCloseTo(2 * gb);
  expect(growthPerDay(days(10, 12, 14), (s) => s.databaseBytes)).toBeCloseTo(gb);
  expect(spaceLeft(86 * gb, perDay)).toEqual({ kind: "days", days: 43 });
});

test("one big file that came and went tells no trend", () => {
  expect(growthPerDay(days(10, 11, 40, 13, 14, 15), usedBytes)).toBeCloseTo(gb, -8);
});

test("a disk that empties, or fills by next to nothing, has no end", () => {
  expect(spaceLeft(50 * gb, -gb)).toEqual({ kind: "steady" });
  expect(spaceLeft(50 * gb, 0)).toEqual({ kind: "steady" });
  expect(spaceLeft(50 * gb, 0.01 * gb)).toEqual({ kind: "steady" });
});

test("what was measured on a smaller disk, or more than a month ago, does not count", () => {
  const [first, ...rest] = days(10, 12, 14, 16);
  const smaller = { ...(first as DiskSample), totalBytes: 50 * gb };
  expect(samplesThatCount([smaller, ...rest])).toEqual(rest);
  const old = { ...(first as DiskSample), at: t0 - 40 * day };
  expect(samplesThatCount([...rest, old])).toEqual(rest);
});

test("too few days or too little of the disk is short; a full but steady disk is not", () => {
  const [now] = days(80);
  const sample = now as DiskSample;
  expect(isShort(sample, { kind: "days", days: 13 }, defaultSpaceLimits)).toBe(true);
  expect(isShort(sample, { kind: "days", days: 14 }, defaultSpaceLimits)).toBe(false);
  expect(isShort(sample, { kind: "steady" }, defaultSpaceLimits)).toBe(false);
  expect(isShort({ ...sample, freeBytes: 9.9 * gb }, { kind: "unknown" }, defaultSpaceLimits)).toBe(true);
});
