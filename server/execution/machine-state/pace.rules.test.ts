import { expect, test } from "vitest";
import { paceOf, plannedMs } from "./pace.rules.ts";

const hour = 3_600_000;
const shift = { start: 0, end: 8 * hour, breaks: [{ start: 2 * hour, end: 3 * hour }] };
const counts = { good: 300, scrap: 5, cycles: 305, idealGoodMs: 3 * hour };
const input = {
  now: 4 * hour,
  shift,
  share: 0.5,
  runs: [],
  idealMs: 36_000,
  counts,
  recentGood: 10,
  recentMs: hour / 6,
};

test("breaks are no planned time", () => {
  expect(plannedMs(hour, 4 * hour, shift.breaks)).toBe(2 * hour);
  expect(plannedMs(2.5 * hour, 2.75 * hour, shift.breaks)).toBe(0);
});

test("the target is planned time at the ideal rate times the share asked for", () => {
  // 3 planned hours so far and 4 to come, 100 parts an hour, half of it asked.
  expect(paceOf(input)).toMatchObject({
    targetNow: 150,
    targetShift: 350,
    gap: 150,
    paceNow: 60,
    paceNeeded: 12.5,
    lostMs: 0,
  });
});

test("what ran at another ideal rate counts at that rate", () => {
  const pace = paceOf({ ...input, runs: [{ start: 0, end: 2 * hour, idealMs: 72_000 }] });
  expect(pace.targetNow).toBe(0.5 * (100 + 100));
});

test("between shifts and without a standard there is no target", () => {
  expect(paceOf({ ...input, shift: null })).toMatchObject({
    targetNow: null,
    gap: null,
    lostMs: null,
    good: 300,
  });
  expect(paceOf({ ...input, idealMs: null })).toMatchObject({ targetNow: null, gap: null, lostMs: 0 });
});

test("planned time that made no good part is lost", () => {
  expect(paceOf({ ...input, counts: { ...counts, idealGoodMs: hour } }).lostMs).toBe(2 * hour);
});
