import { expect, test } from "vitest";
import { SlowdownParameters } from "./parameters.contract.ts";
import { type Cycle, hearCycle, type SlowdownState, startSlowdown } from "./slowdown.rules.ts";
import { seeded } from "./testing.ts";

const standardMs = 24_000;
const spread = 0.08;
const known = SlowdownParameters.parse({
  persist: 1,
  effectLeast: 0,
  warmUp: 0,
  baseline: { mean: 0, sigma: spread },
});

function cycle(at: number, cycleMs: number, more: Partial<Cycle> = {}): Cycle {
  return { at, cycleMs, standardMs, context: "part-a", quality: 0, skip: null, ...more };
}

/** Cycles until the chart opens, from its zero state; at most `most`. */
function runLength(random: ReturnType<typeof seeded>, slower: number, most: number): number {
  let state = startSlowdown(known, "part-a");
  for (let n = 1; n <= most; n++) {
    const cycleMs = standardMs * (1 + slower) * Math.exp(spread * random.normal());
    const heard = hearCycle(state, cycle(n * standardMs, cycleMs), known);
    if (heard.finding.event === "opened") return n;
    state = heard.state;
  }
  return most;
}

function meanRunLength(slower: number, runs: number, most: number): { mean: number; error: number } {
  const random = seeded(20_261_122);
  const lengths = Array.from({ length: runs }, () => runLength(random, slower, most));
  const mean = lengths.reduce((a, b) => a + b, 0) / runs;
  const variance = lengths.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (runs - 1);
  return { mean, error: Math.sqrt(variance / runs) };
}

test("a slowdown of 5 % at a spread of 8 % is seen after about 23 cycles", () => {
  const { mean, error } = meanRunLength(0.05, 4000, 2000);
  // ln(1.05) is a little less than 0.05, the shift of the published table.
  expect(Math.abs(mean - 23)).toBeLessThan(3 * error + 0.6);
});

test("a machine that keeps its pace raises about one false alarm in a thousand cycles", () => {
  const { mean, error } = meanRunLength(0, 400, 20_000);
  expect(Math.abs(mean - 1030)).toBeLessThan(3 * error + 15);
}, 30_000);

test("a faster machine is no deviation", () => {
  let state = startSlowdown(known, "part-a");
  for (let n = 1; n <= 200; n++) {
    const heard = hearCycle(state, cycle(n * standardMs, standardMs * 0.8), known);
    expect(heard.finding.event).toBeNull();
    state = heard.state;
  }
});

const steady = SlowdownParameters.parse({
  baseline: { mean: 0, sigma: 0.01 },
  warmUp: 2,
  persist: 2,
  clearPersist: 2,
  coolDownMs: 600_000,
});

function feed(state: SlowdownState, cycles: Cycle[]) {
  const events: string[] = [];
  let evidence = null;
  for (const c of cycles) {
    const heard = hearCycle(state, c, steady);
    state = heard.state;
    if (heard.finding.event !== null) events.push(heard.finding.event);
    evidence = heard.finding.evidence ?? evidence;
  }
  return { state, events, evidence };
}

const run = (from: number, n: number, factor: number, more: Partial<Cycle> = {}) =>
  Array.from({ length: n }, (_, i) => cycle((from + i) * standardMs, standardMs * factor, more));

test("the first cycles after a start, and starved, bad or unknown ones, are left out and counted as such", () => {
  const { state, events } = feed(startSlowdown(steady, "part-a"), [
    ...run(0, 2, 1.5),
    ...run(2, 3, 1.5, { skip: "starved" }),
    ...run(5, 3, 1.5, { quality: 2 }),
    ...run(8, 3, 1.5, { quality: 3 }),
    ...run(11, 3, 1.5, { standardMs: null }),
    ...run(14, 3, 1.5, { cycleMs: Number.NaN }),
  ]);
  expect(events).toEqual([]);
  expect(state.trail.reasons).toEqual({ warm_up: 2, starved: 3, bad: 6, stale: 3, no_standard: 3 });
});

test("a stop makes the next cycles warm up again", () => {
  const first = feed(startSlowdown(steady, "part-a"), [...run(0, 10, 1)]);
  const second = feed(first.state, [...run(10, 1, 9, { skip: "not_running" }), ...run(11, 2, 1.5)]);
  expect(second.events).toEqual([]);
  expect(feed(second.state, run(13, 10, 1.5)).events).toEqual(["opened"]);
});

test("the evidence says how slow, since when, against what and on how many cycles", () => {
  const { evidence } = feed(startSlowdown(steady, "part-a"), [...run(0, 12, 1), ...run(12, 10, 1.1)]);
  expect(evidence).toMatchObject({ direction: "up", limit: steady.h, unit: "ms", normal: standardMs });
  expect(evidence?.value).toBeCloseTo(standardMs * 1.1, 0);
  expect(evidence?.window.start).toBe(12 * standardMs - standardMs * 1.1);
  expect(evidence?.quality).toMatchObject({ excluded: 0 });
  expect(evidence?.series.at(-1)?.statistic).toBe(evidence?.statistic);
});

test("it clears below half of the limit, and nothing opens again while it cools down", () => {
  const opened = feed(startSlowdown(steady, "part-a"), [...run(0, 2, 1), ...run(2, 6, 1.1)]);
  expect(opened.events).toEqual(["opened"]);
  const cleared = feed(opened.state, run(8, 60, 1));
  expect(cleared.events).toEqual(["cleared"]);
  const at = cleared.state.track.clearedAt ?? 0;
  const cooling = feed(
    cleared.state,
    run(68, 200, 1.1).filter((c) => c.at < at + steady.coolDownMs),
  );
  expect(cooling.events).toEqual([]);
  expect(feed(cooling.state, run(400, 5, 1.1)).events).toEqual(["opened"]);
});

test("a slowdown too small to matter is none, however sure it is", () => {
  const { events } = feed(startSlowdown(steady, "part-a"), run(0, 500, 1.015));
  expect(events).toEqual([]);
});

test("another product starts another baseline", () => {
  const learning = SlowdownParameters.parse({ learn: 20, warmUp: 0, persist: 1 });
  let state = startSlowdown(learning, "part-a");
  const random = seeded(7);
  const events: string[] = [];
  const hear = (n: number, factor: number, context: string) => {
    for (let i = 0; i < n; i++) {
      const c = cycle(i * standardMs, standardMs * factor * Math.exp(0.01 * random.normal()), { context });
      const heard = hearCycle(state, c, learning);
      state = heard.state;
      if (heard.finding.event !== null) events.push(heard.finding.event);
    }
  };
  hear(100, 1, "part-a");
  hear(100, 1.3, "part-b");
  expect(events).toEqual([]);
  expect(state.baseline).toMatchObject({ frozen: true, n: 20, learned: true });
  hear(20, 1.43, "part-b");
  expect(events).toEqual(["opened"]);
});
