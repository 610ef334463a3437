import { type AggregateState, close, emptyAggregate } from "./aggregate.rules.ts";
import type { Point } from "./filter.rules.ts";
import type { SavedWindow } from "./queue-keys.ts";

type Saved = NonNullable<SavedWindow["before"]>;

/** The open windows of a tag as they are kept on the disk, so that no point answered as stored lives in memory only. */
export function saveWindow(tagId: number, lengthMs: number, state: AggregateState): SavedWindow | null {
  if (state.closedUntil === Number.NEGATIVE_INFINITY && state.points.length === 0) return null;
  return {
    tagId,
    lengthMs,
    closedUntil: Math.max(state.closedUntil, 0),
    held: state.held,
    before: state.before === null ? null : savePoint(state.before),
    points: state.points.map(savePoint),
  };
}

export function restoreWindow(saved: SavedWindow): AggregateState {
  return {
    points: saved.points.map(restorePoint),
    before: saved.before === null ? null : restorePoint(saved.before),
    closedUntil: saved.closedUntil === 0 ? emptyAggregate.closedUntil : saved.closedUntil,
    held: saved.held,
  };
}

/** Everything that waits in open windows, as if they were over. */
export function closeAll(state: AggregateState, lengthMs: number): readonly Point[] {
  const last = state.points.at(-1);
  return last === undefined ? [] : close(state, last.at + lengthMs, lengthMs).out;
}

function savePoint(point: Point): Saved {
  return [point.at, Number.isNaN(point.num) ? null : point.num, point.quality];
}

function restorePoint([at, num, quality]: Saved): Point {
  return { at, num: num ?? Number.NaN, txt: null, quality };
}
