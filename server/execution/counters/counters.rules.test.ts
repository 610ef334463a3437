import fc from "fast-check";
import { expect, test } from "vitest";
import { countSeries, counterStep, ifRollover } from "./counters.rules.ts";

const step = (from: number, to: number, modulus: number | null = null, maxPerMs: number | null = null) =>
  counterStep({ at: 0, value: from }, { at: 1000, value: to }, { modulus, maxPerMs });

test.each([
  ["a counter that goes up counts the difference", step(10, 18), 8, null],
  ["a counter that stands counts nothing", step(10, 10), 0, null],
  ["65530 → 12 on a 16-bit counter is a roll-over of 18 parts", step(65_530, 12, 65_536), 18, "rollover"],
  ["a counter without a modulus was reset", step(65_530, 12), 12, "reset"],
  ["a counter far from its top was reset", step(30_000, 12, 65_536), 12, "reset"],
  [
    "a roll-over that the machine cannot have made in that time is a reset",
    step(65_000, 400, 65_536, 0.1),
    400,
    "reset",
  ],
  ["a reset to zero counts nothing", step(500, 0), 0, "reset"],
] as const)("13.6: %s", (_name, got, delta, decision) => {
  expect(got).toMatchObject({ delta, decision });
});

test("13.6: the first reading counts nothing, for nobody knows what was before it", () => {
  expect(countSeries([{ at: 5, value: 900 }], { modulus: null, maxPerMs: null }).counted).toEqual([]);
});

test("13.6: however a 16-bit counter is sampled, roll-overs included, the sum is what the machine made", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 300 }),
      fc.integer({ min: 0, max: 65_535 }),
      (made, start) => {
        let total = start;
        const readings = [
          { at: 0, value: start },
          ...made.map((n, i) => ({ at: i + 1, value: (total += n) % 65_536 })),
        ];
        const { counted } = countSeries(readings, { modulus: 65_536, maxPerMs: null });
        expect(counted.reduce((sum, c) => sum + c.delta, 0)).toBe(made.reduce((sum, n) => sum + n, 0));
      },
    ),
    { numRuns: 500 },
  );
});

test("a series counted in two halves, the second with the reading before it, is the series counted at once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 2, maxLength: 50 }),
      fc.integer({ min: 1, max: 49 }),
      (values, cut) => {
        const readings = values.map((value, at) => ({ at, value }));
        const limits = { modulus: 100, maxPerMs: null };
        const halves = [
          countSeries(readings.slice(0, cut), limits),
          countSeries(readings.slice(Math.max(cut - 1, 0)), limits),
        ];
        const whole = countSeries(readings, limits);
        expect(halves.flatMap((h) => h.counted)).toEqual(whole.counted);
        expect(halves.flatMap((h) => h.jumps)).toEqual(whole.jumps);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["set back to zero", step(5000, 0), false],
  ["set back to zero near the top of its range", step(65_530, 0, 65_536, 0.001), false],
  ["set back to zero from near the top, too far for a roll-over", step(60_000, 0, 65_536), false],
  ["set back, and a few parts made since", step(5000, 12), false],
  ["back by one: no restart ends there", step(5000, 4999), true],
  ["fallen by less than half", step(5000, 2600), true],
  ["set back with more parts than the machine can have made since", step(5000, 400, null, 0.1), true],
  ["set back with as many parts as it can have made since", step(5000, 90, null, 0.1), false],
  [
    "near the top, and neither a possible roll-over nor a possible reset",
    step(65_000, 400, 65_536, 0.1),
    true,
  ],
  ["near the top, and too far for a roll-over", step(60_000, 4000, 65_536), true],
  ["rolled over", step(65_530, 12, 65_536), false],
] as const)("13.6: a counter that is %s leaves a doubt or not", (_name, got, doubtful) => {
  expect(got.doubtful).toBe(doubtful);
});

test("13.6: what a person said of a step is counted, of that very step only", () => {
  const limits = { modulus: 65_536, maxPerMs: null };
  const series = (verdicts: Parameters<typeof countSeries>[2]) =>
    countSeries(
      [
        { at: 0, value: 50_000 },
        { at: 1000, value: 40_000 },
      ],
      limits,
      verdicts,
    ).jumps;
  const said = { at: 1000, from: 50_000, to: 40_000 } as const;
  expect(series([])).toMatchObject([{ delta: 40_000, decision: "reset", doubtful: true }]);
  expect(series([{ ...said, decision: "reset" }])).toMatchObject([{ delta: 40_000, doubtful: false }]);
  expect(series([{ ...said, decision: "rollover" }])).toMatchObject([
    { delta: 55_536, decision: "rollover", doubtful: false },
  ]);
  // Late data put another reading before it: the word was said of another step.
  expect(series([{ ...said, from: 49_000, decision: "rollover" }])).toMatchObject([{ doubtful: true }]);
});

test("13.6: without a top there is no roll-over", () => {
  expect(ifRollover(50, 10, null)).toBeNull();
  expect(ifRollover(70_000, 10, 65_536)).toBeNull();
  expect(ifRollover(65_530, 12, 65_536)).toBe(18);
});
