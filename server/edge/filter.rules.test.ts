import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyFilter, isThinned, type Point, release, thin } from "./filter.rules.ts";
import { aTag } from "./testing/documents.ts";

const tag = aTag({ deadband: 1, maxSilenceMs: 10_000 });
const p = (at: number, num: number, q = 0): Point => ({ at, num, txt: null, quality: q });

function run(points: readonly Point[], of = tag): Point[] {
  let state = emptyFilter;
  return points.flatMap((point) => {
    const step = thin(of, state, point);
    state = step.state;
    return step.out;
  });
}

describe("the deadband", { timeout: 60_000 }, () => {
  it("stores the first value, then only what leaves the band", () => {
    const points = [p(0, 20), p(1000, 20.5), p(2000, 21), p(3000, 21.1)];
    expect(run(points).map((x) => x.num)).toEqual([20, 21, 21.1]);
  });

  it("13.4: keeps the point just before a jump, so that a step stays a step", () => {
    const points = [p(0, 20), p(1000, 20.4), p(2000, 20.2), p(3000, 80)];
    expect(run(points)).toEqual([p(0, 20), p(2000, 20.2), p(3000, 80)]);
  });

  it("stores an unchanged value after the longest silence", () => {
    const points = Array.from({ length: 26 }, (_, i) => p(i * 1000, 20));
    expect(run(points).map((x) => x.at)).toEqual([0, 10_000, 20_000]);
  });

  it("13.4: keeps where a value begins and where it ends, though its quality stays", () => {
    const points = [p(0, 20), p(1, Number.NaN), p(2, Number.NaN), p(3, 20)];
    expect(run(points).map(({ at }) => at)).toEqual(expect.arrayContaining([0, 1, 3]));
  });

  it("13.4: never swallows a change of quality, or of having a value at all", () => {
    const points = [p(0, 20), p(1, 20, 1), p(2, 20, 1), p(3, Number.NaN, 2), p(4, 20, 0)];
    expect(run(points).map((x) => x.at)).toEqual([0, 1, 2, 3, 4]);
  });

  it("with deadband 0 stores every change and no repetition", () => {
    const points = [p(0, 20), p(1, 20), p(2, 20.0001), p(3, 20.0001)];
    expect(run(points, aTag({ deadband: 0 })).map((x) => x.at)).toEqual([0, 1, 2]);
  });

  it("stores late points as they are and does not go back for them", () => {
    const points = [p(5000, 20), p(1000, 20), p(6000, 20)];
    expect(run(points).map((x) => x.at)).toEqual([5000, 1000]);
  });

  it("gives the held point out when the source itself falls silent", () => {
    const { state } = thin(tag, thin(tag, emptyFilter, p(0, 20)).state, p(4000, 20.5));
    expect(release(tag, state, 9_999).out).toEqual([]);
    expect(release(tag, state, 10_000).out).toEqual([p(4000, 20.5)]);
    expect(release(tag, release(tag, state, 10_000).state, 30_000).out).toEqual([]);
  });

  it("13.4: never misses a value by more than the band, nor keeps silent for longer than it may", () => {
    const walk = fc.array(
      fc.record({ dt: fc.integer({ min: 1, max: 4000 }), dv: fc.double({ min: -2, max: 2, noNaN: true }) }),
      { minLength: 1, maxLength: 100 },
    );
    fc.assert(
      fc.property(walk, (steps) => {
        let at = 0;
        let num = 20;
        const points = steps.map(({ dt, dv }) => p((at += dt), (num += dv)));
        const stored = run(points);
        expect(stored.map((x) => x.at)).toEqual(stored.map((x) => x.at).toSorted((a, b) => a - b));
        for (const point of points) {
          const last = stored.findLast((x) => x.at <= point.at);
          expect(Math.abs((last?.num ?? Infinity) - point.num)).toBeLessThanOrEqual(1);
          expect(point.at - (last?.at ?? -Infinity)).toBeLessThan(10_000);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it("13.4: thins process values only: never counters, states, cycle times, set-points, booleans or texts", () => {
  expect(isThinned(aTag())).toBe(true);
  expect(isThinned(aTag({ meaning: "material" }))).toBe(true);
  for (const meaning of [
    "state",
    "good",
    "scrap",
    "cycles",
    "cycle_time",
    "remote",
    "setpoint",
    "energy",
  ] as const) {
    expect(isThinned(aTag({ meaning }))).toBe(false);
  }
  expect(isThinned(aTag({ datatype: "boolean" }))).toBe(false);
  expect(isThinned(aTag({ datatype: "text" }))).toBe(false);
});
