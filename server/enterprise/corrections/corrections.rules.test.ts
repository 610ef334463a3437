import fc from "fast-check";
import { expect, test } from "vitest";
import {
  placeCounts,
  reboundPeriods,
  relotted,
  retimed,
  type RunVersion,
  shareOut,
} from "./corrections.rules.ts";

const run = (start: number, end: number | null, jobId = "a", lots: RunVersion["lots"] = []): RunVersion => ({
  machineId: 1,
  position: 1,
  jobId,
  start,
  end,
  lots,
});
const lot = (lotId: string, start: number, end: number | null) => ({
  lotId,
  code: lotId,
  role: "in" as const,
  start,
  end,
});

test("a run that began earlier takes its first lot along, and one that came on later stays where it was", () => {
  const was = run(100, null, "a", [lot("x", 100, 150), lot("y", 150, null)]);
  expect(retimed(was, 80, 200).lots).toEqual([lot("x", 80, 150), lot("y", 150, 200)]);
  expect(retimed(was, 160, null).lots).toEqual([lot("y", 160, null)]);
  expect(retimed(was, 100, 140).lots).toEqual([lot("x", 100, 140)]);
});

test("a wrong lot is replaced at its own times, a forgotten one was on for the whole run", () => {
  const was = run(100, 200, "a", [lot("x", 100, 150), lot("y", 150, 200)]);
  expect(relotted(was, "y", { lotId: "z", code: "Z" })?.lots.map((l) => [l.lotId, l.start, l.end])).toEqual([
    ["x", 100, 150],
    ["z", 150, 200],
  ]);
  expect(relotted(was, "y", null)?.lots.map((l) => l.lotId)).toEqual(["x"]);
  expect(relotted(was, null, { lotId: "z", code: "Z" })?.lots.at(-1)).toMatchObject({ start: 100, end: 200 });
  expect(relotted(was, "q", { lotId: "z", code: "Z" })).toBeNull();
  expect(relotted(was, null, null)).toBeNull();
});

test("readings are bound anew only where another job or lot holds", () => {
  const before = [run(0, 100), run(100, null, "b")];
  expect(reboundPeriods(before, [run(0, 60), run(60, null, "b")])).toEqual([{ start: 60, end: 100 }]);
  expect(reboundPeriods([run(0, null)], [run(0, 60)])).toEqual([{ start: 60, end: null }]);
  expect(reboundPeriods([run(0, 100)], [])).toEqual([{ start: 0, end: 100 }]);
  expect(reboundPeriods(before, before)).toEqual([]);
  expect(reboundPeriods([run(0, 100)], [run(0, 100, "a", [lot("x", 30, 40)])])).toEqual([
    { start: 30, end: 40 },
  ]);
  expect(reboundPeriods([run(0, 100), run(100, 200)], [run(0, 200)])).toEqual([]);
});

test("parts are shared out by weight to the last part", () => {
  expect(shareOut(10, [1, 1, 1])).toEqual([4, 3, 3]);
  expect(shareOut(-10, [20, 0, 20])).toEqual([-5, 0, -5]);
  expect(shareOut(3, [0, 0])).toEqual([2, 1]);
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 1 }),
      fc.integer({ min: -200, max: 200 }),
      (weights, parts) => {
        const shares = shareOut(parts, weights);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(parts);
        const total = weights.reduce((a, b) => a + b, 0);
        if (parts < 0 && -parts <= total)
          for (const [i, share] of shares.entries())
            expect((weights[i] ?? 0) + share).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});

test("parts come where such parts were counted, else where any were, else evenly over the time", () => {
  const counted = [
    { at: 0, good: 6, scrap: 0 },
    { at: 10_000, good: 4, scrap: 0 },
  ];
  const minute = { from: 0, to: 60_000 };
  expect(placeCounts(counted, minute, { good: -5, scrap: 5 })).toEqual([
    { at: 0, good: -3, scrap: 3 },
    { at: 10_000, good: -2, scrap: 2 },
  ]);
  expect(placeCounts([], { from: 0, to: 30_000 }, { good: 4, scrap: 0 })).toEqual([
    { at: 0, good: 2, scrap: 0 },
    { at: 10_000, good: 1, scrap: 0 },
    { at: 20_000, good: 1, scrap: 0 },
  ]);
  expect(placeCounts(counted, minute, { good: 0, scrap: 0 })).toEqual([]);
});
