import { expect, test } from "vitest";
import { type DriftState, hearValue, startDrift } from "./drift.rules.ts";
import { DriftParameters } from "./parameters.contract.ts";
import { hearState, type Running, unknownState } from "./running.rules.ts";
import { seeded } from "./testing.ts";

const p = DriftParameters.parse({
  windowMs: 3000,
  baseline: { mean: 230, sigma: 0.5 },
  sigmaLeast: 0.1,
  effectLeast: 1,
  warmUp: 0,
  holdMs: 3000,
  coolDownMs: 30_000,
});
const on: Running = hearState(unknownState, -1_000_000, "running");

function feed(
  values: readonly { at: number; value: number; quality?: number }[],
  options: { running?: Running; state?: DriftState; p?: DriftParameters } = {},
) {
  let state = options.state ?? startDrift(options.p ?? p);
  const events: { event: string; at: number }[] = [];
  const points: { at: number; value: number }[] = [];
  let evidence = null;
  for (const v of values) {
    const heard = hearValue(state, { quality: 0, ...v }, options.running ?? on, options.p ?? p);
    state = heard.state;
    for (const f of heard.findings) {
      if (f.point !== null) points.push({ at: f.point.at, value: f.point.value });
      if (f.event !== null && f.point !== null) events.push({ event: f.event, at: f.point.at });
      evidence = f.evidence ?? evidence;
    }
  }
  return { state, events, points, evidence };
}

const hold = (from: number, to: number, value: number, every = 500) =>
  Array.from({ length: Math.round((to - from) / every) }, (_, i) => ({ at: from + i * every, value }));

test("a window's mean is weighted by how long each value held", () => {
  const { points } = feed([
    { at: 0, value: 230 },
    { at: 1000, value: 233 },
    { at: 3000, value: 230 },
  ]);
  expect(points).toEqual([{ at: 3000, value: 232 }]);
});

test("13.2: a reading that comes after a later one changes no window; it is left out and counted", () => {
  const told = hold(0, 9000, 230);
  const late = [...told.slice(0, 9), { at: 1200, value: 400 }, ...told.slice(9)];
  expect(feed(late).points).toEqual(feed(told).points);
});

test("a drift up and a drift down are both seen, with their direction", () => {
  const up = feed([...hold(0, 30_000, 230), ...hold(30_000, 60_000, 233)]);
  expect(up.events[0]?.event).toBe("opened");
  expect(up.evidence).toMatchObject({ direction: "up", normal: 230, value: 233 });
  expect(up.evidence?.window.start).toBe(30_000);
  const down = feed([...hold(0, 30_000, 230), ...hold(30_000, 60_000, 227)]);
  expect(down.evidence).toMatchObject({ direction: "down", value: 227 });
});

test("bad and stale readings cover nothing, are counted, and a window without cover is not judged", () => {
  const bad = hold(3000, 30_000, 400).map((v) => ({ ...v, quality: 2 }));
  const first = feed([...hold(0, 3000, 230), ...bad]);
  expect(first.state.trail.reasons.bad).toBe(54);
  expect(first.state.trail.reasons.gap).toBeGreaterThan(0);
  const after = feed(hold(30_000, 33_500, 230), { state: first.state });
  expect([...first.events, ...after.events]).toEqual([]);
  expect([...first.points, ...after.points].map((x) => x.value)).toEqual([230, 230]);
});

test("time in which the machine did not run is not judged", () => {
  const stopped = hearState(on, 0, "fault");
  const { points, state } = feed(hold(0, 30_000, 260), { running: stopped });
  expect(points).toEqual([]);
  expect(state.trail.reasons.not_running).toBe(9);
});

test("a long silence is a gap, not a flat line", () => {
  const { points } = feed([
    { at: 0, value: 230 },
    { at: 3_600_000, value: 250 },
    { at: 3_603_000, value: 250 },
  ]);
  expect(points.map((x) => x.value)).toEqual([230, 250]);
});

test("steady heat with noise raises a false alarm less often than once in 5,000 windows", () => {
  const random = seeded(5);
  let opened = 0;
  const windows = 60_000;
  const quiet = DriftParameters.parse({ ...p, effectLeast: 0, persist: 1 });
  let state = startDrift(quiet);
  for (let i = 0; i < windows; i++) {
    const heard = hearValue(
      state,
      { at: i * 3000, value: 230 + 0.5 * random.normal(), quality: 0 },
      on,
      quiet,
    );
    state = heard.state;
    opened += heard.findings.filter((f) => f.event === "opened").length;
  }
  // k 0.5, h 8, two-sided: theory says one in about 9,600; three standard errors above the expected count.
  const expected = windows / 9600;
  expect(opened).toBeLessThanOrEqual(expected + 3 * Math.sqrt(expected));
});

test("a learned normal is frozen: the drift itself does not become normal", () => {
  const learning = DriftParameters.parse({ ...p, baseline: null, learn: 10 });
  const random = seeded(3);
  const noisy = (from: number, to: number, value: number) =>
    hold(from, to, value).map((v) => ({ ...v, value: v.value + 0.3 * random.normal() }));
  const first = feed(noisy(0, 60_000, 230), { p: learning });
  expect(first.state.baseline).toMatchObject({ frozen: true, n: 10 });
  const later = feed(noisy(60_000, 120_000, 234), { p: learning, state: first.state });
  expect(later.events.map((e) => e.event)).toEqual(["opened"]);
  expect(later.state.baseline).toEqual(first.state.baseline);
});

test("a reading that comes late changes no closed window", () => {
  const first = feed(hold(0, 9000, 230));
  const { points } = feed([{ at: 100, value: 300 }], { state: first.state });
  expect(points).toEqual([]);
});
