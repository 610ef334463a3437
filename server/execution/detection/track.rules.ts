/** When a statistic becomes a deviation and when it stops being one. All counts are evaluations, times source ms. */
export interface TrackParameters {
  /** Evaluations in a row at or above the limit before it opens. */
  readonly persist: number;
  /** Share of the limit below which it counts as gone (return side). */
  readonly clearAt: number;
  /** Evaluations in a row below that share before it clears. */
  readonly clearPersist: number;
  /** After it cleared, nothing opens for this long. */
  readonly coolDownMs: number;
}

export interface Track {
  readonly open: boolean;
  readonly above: number;
  readonly below: number;
  readonly clearedAt: number | null;
}

export const quietTrack: Track = { open: false, above: 0, below: 0, clearedAt: null };

/**
 * One evaluation: `ratio` = statistic / limit. Persistence before opening, hysteresis before clearing, cool-down
 * before opening again; any excursion back starts the count again.
 */
export function follow(
  track: Track,
  at: number,
  ratio: number,
  p: TrackParameters,
): { track: Track; event: "opened" | "cleared" | null } {
  if (track.open) {
    const below = ratio < p.clearAt ? track.below + 1 : 0;
    if (below < p.clearPersist) return { track: { ...track, below }, event: null };
    return { track: { open: false, above: 0, below: 0, clearedAt: at }, event: "cleared" };
  }
  const above = ratio >= 1 ? track.above + 1 : 0;
  const cooling = track.clearedAt !== null && at - track.clearedAt < p.coolDownMs;
  if (above < p.persist || cooling) return { track: { ...track, above }, event: null };
  return { track: { ...track, open: true, above: 0, below: 0 }, event: "opened" };
}
