import fc from "fast-check";
import { expect, test } from "vitest";
import type { StateInterval } from "#server/execution/machine-state/machine-state.contract.ts";
import type { OeeCounts, TimeBuckets } from "./oee.contract.ts";
import { noCounts, oeeRuleVersion, oeeTimes, oeeView, poolOee } from "./oee.rules.ts";

const made = (good: number, scrap: number, idealPerPart: number): OeeCounts => ({
  ...noCounts,
  good,
  scrap,
  idealMs: (good + scrap) * idealPerPart,
  idealGoodMs: good * idealPerPart,
});
const record = (buckets: TimeBuckets, counts: OeeCounts) => ({
  buckets,
  counts,
  reasons: [],
  ruleVersion: oeeRuleVersion,
  restated: 0,
  open: false,
  manual: false,
});

const words = fc.constantFrom<StateInterval["word"]>(
  "running",
  "idle",
  "stopped",
  "fault",
  "setup",
  "starved",
  "blocked",
  "no_data",
);
const chain = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), value), { maxLength: 30 });
function laid<T>(
  pieces: readonly (readonly [number, T])[],
  make: (start: number, end: number, value: T) => unknown,
): unknown[] {
  let at = 0;
  return pieces.map(([length, value]) => make(at, (at += length), value));
}

const anyShift = fc.record({
  states: chain(words),
  stops: chain(fc.record({ planned: fc.boolean(), changeover: fc.boolean(), is: fc.boolean() })),
  jobs: chain(fc.boolean()),
  breaks: chain(fc.boolean()),
  plan: chain(fc.boolean()),
  from: fc.integer({ min: 0, max: 300_000 }),
  length: fc.integer({ min: 0, max: 900_000 }),
});
const keep = (rows: unknown[]) => rows.filter((r) => r !== null) as never[];
function inputOf(s: typeof anyShift extends fc.Arbitrary<infer T> ? T : never) {
  const flag = (pieces: readonly (readonly [number, boolean])[]) =>
    keep(laid(pieces, (start, end, yes) => (yes ? { start, end } : null)));
  return {
    from: s.from,
    to: s.from + s.length,
    planned: flag(s.plan),
    breaks: flag(s.breaks),
    jobs: flag(s.jobs),
    states: keep(laid(s.states, (start, end, word) => ({ start, end, word, fault: null }))),
    stops: keep(
      laid(s.stops, (start, end, v) =>
        v.is
          ? {
              start,
              end,
              stopStart: start,
              planned: v.planned,
              changeover: v.changeover,
              code: null,
              name: null,
            }
          : null,
      ),
    ),
  };
}

test("whatever happens in a shift, the buckets sum and none is negative", () => {
  fc.assert(
    fc.property(anyShift, (s) => {
      const { buckets: b } = oeeTimes(inputOf(s));
      for (const ms of Object.values(b)) expect(ms).toBeGreaterThanOrEqual(0);
      expect(b.apt + b.aust + b.adet + b.adot).toBeCloseTo(b.pbt, 6);
      expect(b.pbt + b.plannedDown + b.noData).toBeCloseTo(b.pot, 6);
      expect(b.pot).toBeLessThanOrEqual(s.length);
      expect(b.microStop).toBeLessThanOrEqual(b.apt);
    }),
    { numRuns: 500 },
  );
});

test("a period cut in two has the same times as the whole", () => {
  fc.assert(
    fc.property(anyShift, fc.double({ min: 0, max: 1, noNaN: true }), (s, at) => {
      const input = inputOf(s);
      const cut = s.from + Math.floor(s.length * at);
      const halves = [
        { ...input, to: cut },
        { ...input, from: cut },
      ].map((half) => oeeTimes(half).buckets);
      for (const key of Object.keys(oeeTimes(input).buckets) as (keyof TimeBuckets)[])
        expect((halves[0]?.[key] ?? 0) + (halves[1]?.[key] ?? 0)).toBeCloseTo(
          oeeTimes(input).buckets[key],
          6,
        );
    }),
    { numRuns: 500 },
  );
});

const anyRecord = fc.record({
  shift: anyShift,
  good: fc.integer({ min: 0, max: 5000 }),
  scrap: fc.integer({ min: 0, max: 500 }),
  pri: fc.double({ min: 1, max: 60_000, noNaN: true }),
});

test("OEE is availability × performance × quality, and good × ideal cycle / planned time, also pooled", () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), (all) => {
      const records = all.map((r) =>
        record(oeeTimes(inputOf(r.shift)).buckets, made(r.good, r.scrap, r.pri)),
      );
      for (const one of [...records, poolOee(records)]) {
        const { ratios, losses, buckets, counts } = oeeView({ start: 0, end: 1 }, one);
        const { availability: a, performance: p, quality: q, oee } = ratios;
        if (oee !== null) expect(Math.abs(oee - counts.idealGoodMs / buckets.pbt)).toBeLessThan(1e-9);
        if (a !== null && p !== null && q !== null && oee !== null)
          expect(Math.abs(a * p * q - oee) / Math.max(oee, 1)).toBeLessThan(1e-9);
        const lost = Object.values(losses).reduce((sum, ms) => sum + ms, 0);
        expect(Math.abs(lost + counts.idealGoodMs - buckets.pbt)).toBeLessThan(
          1e-3 + Math.abs(counts.idealMs) * 1e-12,
        );
      }
    }),
    { numRuns: 500 },
  );
});
