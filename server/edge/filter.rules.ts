import type { TagMeaning } from "#server/device/tag.contract.ts";
import type { EdgeTag } from "./document.contract.ts";

/** A validated reading on its way to the queue. */
export interface Point {
  /** Source time, ms. */
  readonly at: number;
  readonly num: number;
  readonly txt: string | null;
  readonly quality: number;
}

/** What the filter remembers of one tag. */
export interface FilterState {
  readonly stored: Point | null;
  /** The newest point that was not stored; it goes out before a jump, so that ramps keep their foot. */
  readonly held: Point | null;
}

export const emptyFilter: FilterState = { stored: null, held: null };

/** Each of these counts: two equal cycle times are two cycles, and a counter or state is never thinned. */
const everyOne: ReadonlySet<TagMeaning> = new Set([
  "state",
  "fault",
  "good",
  "scrap",
  "cycles",
  "cycle_time",
  "guard",
  "remote",
  "setpoint",
  "energy",
]);

/** Only process values may be thinned. */
export function isThinned(tag: EdgeTag): boolean {
  return tag.datatype === "number" && !everyOne.has(tag.meaning);
}

/**
 * Deadband with maximum silence: a point is stored when it differs from the last stored one by more than the
 * deadband (deadband 0: when it differs), when its quality does, or when the last one is `maxSilenceMs` old. Before a
 * jump the point just before it is stored too. Late points (older than the last stored) are stored as they are.
 */
export function thin(tag: EdgeTag, state: FilterState, point: Point): { state: FilterState; out: Point[] } {
  const { stored, held } = state;
  if (stored === null) return { state: { stored: point, held: null }, out: [point] };
  if (point.at < stored.at) return { state, out: [point] };
  const jumped = differs(tag.deadband, stored, point);
  if (!jumped && point.at - stored.at < tag.maxSilenceMs) {
    return held !== null && held.at > point.at
      ? { state, out: [] }
      : { state: { stored, held: point }, out: [] };
  }
  const foot = jumped && held !== null && held.at < point.at ? [held] : [];
  return { state: { stored: point, held: null }, out: [...foot, point] };
}

/** The held point, once the tag has been silent for so long that it must be stored. `now` = on the source's clock. */
export function release(tag: EdgeTag, state: FilterState, now: number): { state: FilterState; out: Point[] } {
  const { stored, held } = state;
  if (stored === null || held === null || now - stored.at < tag.maxSilenceMs) return { state, out: [] };
  return { state: { stored: held, held: null }, out: [held] };
}

function differs(deadband: number, a: Point, b: Point): boolean {
  if (a.quality !== b.quality || a.txt !== b.txt) return true;
  if (Number.isNaN(a.num) || Number.isNaN(b.num)) return Number.isNaN(a.num) !== Number.isNaN(b.num);
  return deadband === 0 ? a.num !== b.num : Math.abs(a.num - b.num) > deadband;
}
