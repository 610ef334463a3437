import fc from "fast-check";
import { expect, test } from "vitest";
import { countSeries, counterStep } from "./counters.rules.ts";

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
] as const)("%s", (_name, got, delta, decision) => {
  expect(got).toEqual({ delta, decision });
});

test("the first reading counts nothing, for nobody knows what was before it", () => {
  expect(countSeries([{ at: 5, value: 900 }], { modulus: null, maxPerMs: null }).counted).toEqual([]);
});

test("however a 16-bit counter is sampled, roll-overs included, the sum is what the machine made", () => {
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
