import {
  add,
  type Baseline,
  type Cusum,
  given,
  learn,
  quietCusum,
  sigmaOf,
  unlearned,
  worst,
} from "./cusum.rules.ts";
import type { Evidence } from "./detection.contract.ts";
import {
  addPoint,
  emptyTrail,
  type Finding,
  leaveOut,
  nothing,
  qualityOf,
  restartCounts,
  type Trail,
} from "./evidence.rules.ts";
import type { DriftParameters } from "./parameters.contract.ts";
import { type Running, whyNotJudged } from "./running.rules.ts";
import { follow, quietTrack, type Track } from "./track.rules.ts";

/** A process value as it was heard; it holds until the next one, at most `holdMs`. */
export interface Measured {
  readonly at: number;
  readonly value: number;
  readonly quality: number;
}

export interface DriftState {
  readonly baseline: Baseline;
  readonly cusum: Cusum;
  readonly track: Track;
  readonly trail: Trail;
  /** Windows since the last start that were left out as warming up. */
  readonly warm: number;
  readonly last: Measured | null;
  /** The window that is being filled: its start, covered ms and value × ms. */
  readonly window: { readonly start: number; readonly covered: number; readonly area: number } | null;
}

export function startDrift(p: DriftParameters): DriftState {
  const baseline = p.baseline === null ? unlearned : given(p.baseline.mean, p.baseline.sigma);
  return {
    baseline,
    cusum: quietCusum,
    track: quietTrack,
    trail: emptyTrail,
    warm: 0,
    last: null,
    window: null,
  };
}

/**
 * One reading. It closes every window that ended before it and judges each by its time-weighted mean. A reading
 * older than the last one is left out; bad and stale ones cover nothing.
 */
export function hearValue(
  before: DriftState,
  reading: Measured,
  running: Running,
  p: DriftParameters,
): { state: DriftState; findings: Finding[] } {
  let state = before;
  const findings: Finding[] = [];
  if (state.last !== null && reading.at < state.last.at) {
    return { state: { ...state, trail: leaveOut(state.trail, "gap") }, findings };
  }
  const windowOf = (at: number) => Math.floor(at / p.windowMs) * p.windowMs;
  let window = state.window ?? { start: windowOf(reading.at), covered: 0, area: 0 };
  while (window.start + p.windowMs <= reading.at) {
    window = cover(window, state.last, window.start + p.windowMs, p);
    const judged = judge(state, window, running, p);
    state = judged.state;
    if (judged.finding !== null) findings.push(judged.finding);
    // After a long silence there is nothing to judge in between: go on where this reading is.
    const next = window.start + p.windowMs;
    const silent = state.last === null || next > state.last.at + p.holdMs;
    window = { start: silent ? Math.max(next, windowOf(reading.at)) : next, covered: 0, area: 0 };
  }
  if (reading.quality >= 2) {
    state = { ...state, trail: leaveOut(state.trail, reading.quality >= 3 ? "stale" : "bad") };
  }
  window = cover(window, state.last, reading.at, p);
  return { state: { ...state, last: reading, window }, findings };
}

type Window = NonNullable<DriftState["window"]>;

/** Lets the last good value hold up to `until` inside the window. */
function cover(window: Window, last: Measured | null, until: number, p: DriftParameters): Window {
  if (last === null || last.quality >= 2 || !Number.isFinite(last.value)) return window;
  const from = Math.max(window.start, last.at);
  const to = Math.min(until, window.start + p.windowMs, last.at + p.holdMs);
  if (to <= from) return window;
  return {
    ...window,
    covered: window.covered + (to - from),
    area: window.area + last.value * (to - from),
  };
}

function judge(
  before: DriftState,
  window: Window,
  running: Running,
  p: DriftParameters,
): { state: DriftState; finding: Finding | null } {
  let state = before;
  const skip = whyNotJudged(running, window.start);
  if (skip !== null) {
    const warm = skip === "not_running" ? 0 : state.warm;
    return { state: { ...state, warm, trail: leaveOut(state.trail, skip) }, finding: null };
  }
  if (window.covered < p.coverLeast * p.windowMs) {
    return { state: { ...state, trail: leaveOut(state.trail, "gap") }, finding: null };
  }
  if (state.warm < p.warmUp) {
    return {
      state: { ...state, warm: state.warm + 1, trail: leaveOut(state.trail, "warm_up") },
      finding: null,
    };
  }
  const value = window.area / window.covered;
  if (!state.baseline.frozen) {
    return { state: { ...state, baseline: learn(state.baseline, value, p.learn) }, finding: null };
  }
  const sigma = sigmaOf(state.baseline, p.sigmaLeast);
  const end = window.start + p.windowMs;
  const cusum = add(state.cusum, window.start, value, (value - state.baseline.mean) / sigma, p);
  const { side, direction } = worst(cusum, "both");
  const point = { at: end, value, statistic: side.sum };
  const trail = addPoint(side.sum === 0 ? restartCounts(state.trail) : state.trail, point);
  const mean = side.n === 0 ? state.baseline.mean : side.total / side.n;
  const matters = state.track.open || Math.abs(mean - state.baseline.mean) >= p.effectLeast;
  const { track, event } = follow(state.track, end, matters ? side.sum / p.h : 0, p);
  state = { ...state, cusum: event === "cleared" ? quietCusum : cusum, track, trail };
  const evidence: Evidence | null =
    event === "opened"
      ? {
          window: { start: side.since ?? window.start, end },
          statistic: side.sum,
          limit: p.h,
          direction,
          value: mean,
          normal: state.baseline.mean,
          unit: null,
          baseline: { sigma, n: state.baseline.n, learned: state.baseline.learned },
          quality: qualityOf(trail),
          series: [...trail.points],
          runOut: null,
        }
      : null;
  return { state, finding: { ...nothing, event, point, evidence, since: side.since } };
}
