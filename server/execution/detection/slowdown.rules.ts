import {
  add,
  type Baseline,
  type Cusum,
  given,
  learn,
  quietCusum,
  sigmaOf,
  unlearned,
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
import type { SlowdownParameters } from "./parameters.contract.ts";
import { follow, quietTrack, type Track } from "./track.rules.ts";

/** A finished machine cycle. `skip` names why it may not be judged (see running.rules). */
export interface Cycle {
  readonly at: number;
  readonly cycleMs: number;
  /** Ideal cycle of the product that ran then, ms; null = none known. */
  readonly standardMs: number | null;
  /** What the baseline belongs to: another product, another baseline. */
  readonly context: string;
  readonly quality: number;
  readonly skip: "not_running" | "starved" | null;
}

export interface SlowdownState {
  readonly context: string;
  readonly baseline: Baseline;
  readonly cusum: Cusum;
  readonly track: Track;
  readonly trail: Trail;
  /** Cycles since the last start that were left out as warming up. */
  readonly warm: number;
}

export function startSlowdown(p: SlowdownParameters, context = ""): SlowdownState {
  const baseline = p.baseline === null ? unlearned : given(p.baseline.mean, p.baseline.sigma);
  return { context, baseline, cusum: quietCusum, track: quietTrack, trail: emptyTrail, warm: 0 };
}

/** One cycle. Pure: the same cycles give the same findings, whenever they arrive. */
export function hearCycle(
  before: SlowdownState,
  cycle: Cycle,
  p: SlowdownParameters,
): { state: SlowdownState; finding: Finding } {
  let state = before;
  const out = (why: Parameters<typeof leaveOut>[1], warm = state.warm) => ({
    state: { ...state, warm, trail: leaveOut(state.trail, why) },
    finding: nothing,
  });
  if (cycle.quality >= 3) return out("stale");
  if (cycle.quality >= 2 || !(cycle.cycleMs > 0)) return out("bad");
  if (cycle.skip === "not_running") return out("not_running", 0);
  if (cycle.skip === "starved") return out("starved");
  if (cycle.standardMs === null) return out("no_standard");
  if (cycle.context !== state.context) {
    // Another product has another normal; an open deviation stays open until the new one proves quiet.
    state = { ...startSlowdown(p, cycle.context), track: state.track, trail: state.trail };
  }
  if (state.warm < p.warmUp) return out("warm_up", state.warm + 1);

  const value = Math.log(cycle.cycleMs / cycle.standardMs);
  if (!state.baseline.frozen) {
    const baseline = learn(state.baseline, value, p.learn);
    return { state: { ...state, baseline }, finding: nothing };
  }
  const sigma = sigmaOf(state.baseline, p.sigmaLeast);
  const z = (value - state.baseline.mean) / sigma;
  const start = cycle.at - cycle.cycleMs;
  const cusum = add(state.cusum, start, value, z, p);
  const side = cusum.up;
  const point = { at: cycle.at, value: cycle.cycleMs, statistic: side.sum };
  const trail = addPoint(side.sum === 0 ? restartCounts(state.trail) : state.trail, point);
  const shift = side.n === 0 ? 0 : side.total / side.n - state.baseline.mean;
  const matters = state.track.open || Math.expm1(shift) >= p.effectLeast;
  const { track, event } = follow(state.track, cycle.at, matters ? side.sum / p.h : 0, p);
  // After it cleared, the sum starts anew: what was seen is over.
  const next = { ...state, cusum: event === "cleared" ? quietCusum : cusum, track, trail };
  const normal = cycle.standardMs * Math.exp(state.baseline.mean);
  const evidence: Evidence | null =
    event === "opened"
      ? {
          window: { start: side.since ?? start, end: cycle.at },
          statistic: side.sum,
          limit: p.h,
          direction: "up",
          value: normal * Math.exp(shift),
          normal,
          unit: "ms",
          baseline: { sigma: normal * sigma, n: state.baseline.n, learned: state.baseline.learned },
          quality: qualityOf(trail),
          series: [...trail.points],
          runOut: null,
        }
      : null;
  return { state: next, finding: { event, point, evidence, since: side.since } };
}
