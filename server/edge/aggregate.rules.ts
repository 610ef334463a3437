import { quality } from "#server/device/tag.contract.ts";
import type { Point } from "./filter.rules.ts";

/** The windows of one fast tag, all in source time, ms. */
export interface AggregateState {
  /** Points not yet given out, in order of source time. */
  readonly points: readonly Point[];
  /** The last point of a closed window: its value holds until the next one (step-hold). */
  readonly before: Point | null;
  /** Everything before this is given out; a point before it comes too late. */
  readonly closedUntil: number;
  /** Whether a window in which `before` merely holds was given already. */
  readonly held: boolean;
}

export const emptyAggregate: AggregateState = {
  points: [],
  before: null,
  closedUntil: Number.NEGATIVE_INFINITY,
  held: true,
};

export interface Aggregated {
  readonly state: AggregateState;
  readonly out: readonly Point[];
}

/** A window waits so long for points that come late, as a share of its length. */
export const lateShare = 0.25;
/** What one window may hold, whatever a source does; beyond it the window is given out as it stands. */
const maxPoints = 10_000;

/**
 * Takes one point of a fast tag. It comes out as part of one mean per window of `lengthMs`; a point that is too late
 * for its window comes out as it is, so that it is never lost.
 */
export function aggregate(state: AggregateState, point: Point, lengthMs: number): Aggregated {
  if (point.at < state.closedUntil) return { state, out: [point] };
  const at = state.points.findLastIndex((p) => p.at <= point.at) + 1;
  const added = { ...state, points: state.points.toSpliced(at, 0, point) };
  const newest = added.points.at(-1) ?? point;
  const full = added.points.length >= maxPoints;
  return close(added, full ? newest.at + lengthMs : newest.at - lengthMs * lateShare, lengthMs);
}

/**
 * Gives out every window that ended at or before `watermark` (source time): one time-weighted mean at its start. The
 * first window without points after one with points is given too, because its value is the last one and not the mean;
 * further silence is silence.
 */
export function close(state: AggregateState, watermark: number, lengthMs: number): Aggregated {
  const out: Point[] = [];
  let { points, before, closedUntil, held } = state;
  for (;;) {
    const next = points[0];
    const start = held || before === null ? windowOf(next?.at ?? Infinity, lengthMs) : closedUntil;
    const end = start + lengthMs;
    if (!(end <= watermark)) break;
    const split = points.findIndex((p) => p.at >= end);
    const inside = split < 0 ? points : points.slice(0, split);
    const mean = meanOf(before, inside, start, end);
    if (mean !== null) out.push(mean);
    before = inside.at(-1) ?? before;
    held = inside.length === 0;
    points = split < 0 ? [] : points.slice(split);
    closedUntil = end;
  }
  return { state: { points, before, closedUntil, held }, out };
}

/**
 * Time-weighted mean with step-hold over [start, end): 0 for 59 s and 60 for 1 s is 1. Only time with a known value
 * counts; where a part is unknown the mean is uncertain, where all of it is there is no value.
 */
export function meanOf(
  before: Point | null,
  inside: readonly Point[],
  start: number,
  end: number,
): Point | null {
  const steps = before === null ? inside : [{ ...before, at: start }, ...inside];
  if (steps.length === 0) return null;
  let known = 0;
  let integral = 0;
  let worst: number = quality.good;
  for (const [i, step] of steps.entries()) {
    const duration = (steps[i + 1]?.at ?? end) - step.at;
    if (duration <= 0 || Number.isNaN(step.num) || step.quality >= quality.bad) continue;
    known += duration;
    integral += step.num * duration;
    worst = Math.max(worst, step.quality);
  }
  if (known === 0) {
    const said = steps.at(-1)?.quality ?? quality.bad;
    return { at: start, num: Number.NaN, txt: null, quality: Math.max(said, quality.bad) };
  }
  const whole = known >= end - start;
  return {
    at: start,
    num: integral / known,
    txt: null,
    quality: whole ? worst : Math.max(worst, quality.uncertain),
  };
}

/** Start of the window that holds an instant. */
export function windowOf(at: number, lengthMs: number): number {
  return Math.floor(at / lengthMs) * lengthMs;
}
