import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregate, close, emptyAggregate, meanOf } from "./aggregate.rules.ts";
import type { Point } from "./filter.rules.ts";

const p = (at: number, num: number, q = 0): Point => ({ at, num, txt: null, quality: q });

function run(points: readonly Point[], lengthMs: number, until = Infinity): Point[] {
  let state = emptyAggregate;
  const out = points.flatMap((point) => {
    const step = aggregate(state, point, lengthMs);
    state = step.state;
    return step.out;
  });
  const last = Math.max(...points.map((x) => x.at));
  return [...out, ...close(state, Math.min(until, last + 10 * lengthMs), lengthMs).out];
}

describe("the mean of a fast tag", { timeout: 60_000 }, () => {
  it("13.3: is weighted by time: 0 for 59 seconds and 60 for one is 1, not 30", () => {
    expect(meanOf(null, [p(0, 0), p(59_000, 60)], 0, 60_000)).toEqual(p(0, 1));
  });

  it("stands at the start of its window, and is followed by the value that goes on holding", () => {
    const points = [p(0, 0), p(59_000, 60)];
    expect(run(points, 60_000)).toEqual([p(0, 1), p(60_000, 60)]);
  });

  it("lets the last value of a window hold into the next one", () => {
    expect(run([p(0, 10), p(1500, 20)], 1000)).toEqual([p(0, 10), p(1000, 15), p(2000, 20)]);
  });

  it("is uncertain where the beginning is not known, and keeps the worst quality it is made of", () => {
    expect(meanOf(null, [p(500, 10)], 0, 1000)).toEqual(p(0, 10, 1));
    expect(meanOf(p(-5, 10), [p(500, 10, 1)], 0, 1000)).toEqual(p(0, 10, 1));
  });

  it("13.3: leaves out the time for which nothing is known, and says so", () => {
    expect(meanOf(p(-5, 10), [p(500, Number.NaN, 2)], 0, 1000)).toEqual(p(0, 10, 1));
    expect(meanOf(p(-5, 10, 3), [], 0, 1000)).toEqual(p(0, Number.NaN, 3));
    expect(meanOf(null, [], 0, 1000)).toBeNull();
  });

  it("waits a quarter of its length for points that come late", () => {
    const inTime = aggregate(aggregate(emptyAggregate, p(0, 0), 1000).state, p(1200, 7), 1000);
    expect(inTime.out).toEqual([]);
    const late = aggregate(inTime.state, p(500, 100), 1000);
    expect(late.out).toEqual([]);
    expect(aggregate(late.state, p(1250, 7), 1000).out).toEqual([p(0, 50)]);
  });

  it("gives a point that is too late for its window out as it is", () => {
    const { state } = aggregate(aggregate(emptyAggregate, p(0, 0), 1000).state, p(2000, 7), 1000);
    expect(aggregate(state, p(500, 100), 1000)).toEqual({ state, out: [p(500, 100)] });
  });

  it("says nothing more while the source is silent", () => {
    const { state, out } = close(aggregate(emptyAggregate, p(0, 5), 1000).state, 1e9, 1000);
    expect(out).toEqual([p(0, 5), p(1000, 5)]);
    expect(close(state, 2e9, 1000).out).toEqual([]);
    expect(aggregate(state, p(5_000_500, 9), 1000).state.points).toHaveLength(1);
    expect(run([p(0, 5), p(5500, 9)], 1000)).toEqual([p(0, 5), p(1000, 5), p(5000, 7), p(6000, 9)]);
  });

  it("has the same integral as the points themselves, in whatever order they come within the grace", () => {
    const walk = fc.array(
      fc.record({ dt: fc.integer({ min: 1, max: 900 }), num: fc.integer({ min: -1000, max: 1000 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(walk, fc.boolean(), (steps, swap) => {
        let at = 0;
        const points = [p(0, 3), ...steps.map(({ dt, num }) => p((at += dt), num))];
        const sent = [...points];
        if (swap) {
          for (let i = 2; i + 1 < sent.length; i += 2) {
            const [a, b] = [sent[i], sent[i + 1]];
            if (a !== undefined && b !== undefined && b.at - a.at < 250) [sent[i], sent[i + 1]] = [b, a];
          }
        }
        const end = (Math.floor(at / 1000) + 2) * 1000;
        const integral = (line: readonly Point[]) =>
          line.reduce((sum, x, i) => sum + x.num * ((line[i + 1]?.at ?? end) - x.at), 0);
        expect(integral(run(sent, 1000))).toBeCloseTo(integral(points), 4);
      }),
      { numRuns: 500 },
    );
  });
});
