import type { Evidence } from "./detection.contract.ts";
import {
  addPoint,
  emptyTrail,
  type Finding,
  leaveOut,
  nothing,
  qualityOf,
  type Trail,
} from "./evidence.rules.ts";
import type { RunOutParameters } from "./parameters.contract.ts";
import { follow, quietTrack, type Track } from "./track.rules.ts";
import type { Measured } from "./drift.rules.ts";

export interface RunOutState {
  readonly track: Track;
  readonly trail: Trail;
  /** Remaining quantity at about equal distances over the time the rate is measured in. */
  readonly marks: readonly { readonly at: number; readonly value: number }[];
  readonly last: { readonly at: number; readonly value: number } | null;
}

export const startRunOut: RunOutState = { track: quietTrack, trail: emptyTrail, marks: [], last: null };

/** So many stretches carry the measured rate and its band. */
const stretches = 12;
/** 80 % of a normal distribution lies within so many sigma. */
const z80 = 1.2816;

export interface Rate {
  /** Units per ms. */
  readonly mean: number;
  /** Standard error of the mean, units per ms. */
  readonly error: number;
}

/** Net rate of use from the marks; null with less than a quarter of the time, or when nothing is used. */
export function rateOf(marks: RunOutState["marks"], rateMs: number): Rate | null {
  const first = marks[0];
  const last = marks.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < rateMs / 4) return null;
  const mean = (first.value - last.value) / (last.at - first.at);
  if (mean <= 0) return null;
  const rates = marks.slice(1).flatMap((mark, i) => {
    const before = marks[i];
    return before === undefined || mark.at === before.at
      ? []
      : [(before.value - mark.value) / (mark.at - before.at)];
  });
  const spread = rates.reduce((sum, r) => sum + (r - mean) ** 2, 0) / Math.max(1, rates.length - 1);
  return { mean, error: Math.sqrt(spread / Math.max(1, rates.length)) };
}

/** One reading of the remaining quantity. The statistic is lead time / time left; its limit is 1. */
export function hearRemaining(
  before: RunOutState,
  reading: Measured,
  p: RunOutParameters,
): { state: RunOutState; finding: Finding } {
  if (reading.quality >= 2 || !Number.isFinite(reading.value)) {
    const why = reading.quality >= 3 ? "stale" : "bad";
    return { state: { ...before, trail: leaveOut(before.trail, why) }, finding: nothing };
  }
  if (before.last !== null && reading.at < before.last.at) {
    return { state: { ...before, trail: leaveOut(before.trail, "gap") }, finding: nothing };
  }
  const refilled = before.last !== null && reading.value - before.last.value > p.refill;
  const here = { at: reading.at, value: reading.value };
  const kept = refilled ? [] : before.marks.filter((m) => m.at >= reading.at - p.rateMs);
  const newest = kept.at(-1);
  const marks =
    newest === undefined || reading.at - newest.at >= p.rateMs / stretches ? [...kept, here] : kept;
  let state: RunOutState = { ...before, marks, last: here };

  const rate = rateOf([...marks, here], p.rateMs);
  if (rate === null && !(refilled && before.track.open) && reading.value > 0)
    return { state, finding: nothing };
  // An empty hopper is out of material whatever the rate; a refilled one is not, until it is measured again.
  const left = reading.value <= 0 ? 0 : rate === null ? Infinity : reading.value / rate.mean;
  const statistic = Math.min(10, left <= 0 ? 10 : p.leadMs / left);
  const point = { at: reading.at, value: reading.value, statistic };
  const trail = addPoint(state.trail, point);
  // A refill is a fact, no statistic: it ends the deviation at once.
  const steps = refilled && before.track.open ? p.clearPersist : 1;
  let track = state.track;
  let event: Finding["event"] = null;
  for (let i = 0; i < steps; i++) {
    const followed = follow(track, reading.at, statistic, p);
    track = followed.track;
    event = followed.event ?? event;
  }
  state = { ...state, track, trail };
  const minutes = (ms: number) => ms / 60_000;
  const evidence: Evidence | null =
    event === "opened"
      ? {
          window: { start: marks[0]?.at ?? reading.at, end: reading.at },
          statistic,
          limit: 1,
          direction: "down",
          value: reading.value,
          normal: (rate?.mean ?? 0) * p.leadMs,
          unit: null,
          baseline: { sigma: rate?.error ?? 0, n: marks.length, learned: true },
          quality: qualityOf(trail),
          series: [...trail.points],
          runOut: {
            remaining: reading.value,
            ratePerHour: (rate?.mean ?? 0) * 3_600_000,
            minutesLeft: minutes(left),
            minutesLow: rate === null ? 0 : minutes(reading.value / (rate.mean + z80 * rate.error)),
            minutesHigh:
              rate === null
                ? 0
                : rate.mean - z80 * rate.error > 0
                  ? minutes(reading.value / (rate.mean - z80 * rate.error))
                  : null,
            leadMinutes: minutes(p.leadMs),
          },
        }
      : null;
  return { state, finding: { event, point, evidence, since: event === "opened" ? reading.at : null } };
}
