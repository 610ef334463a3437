/**
 * A relay contact on a remote input: all that a machine without a controller has to say. Contacts bounce, so a new
 * level is believed once every look at it has shown the same for `debounceMs`.
 */
export interface ContactState {
  /** The level that is believed; null = none yet. */
  readonly level: boolean | null;
  /** A level that is not yet believed, and since when it is seen (monotonic ms). */
  readonly seen: { readonly level: boolean; readonly since: number } | null;
  /** Rising edges that were believed, since the driver was made. Never goes down. */
  readonly count: number;
}

export const freshContact: ContactState = { level: null, seen: null, count: 0 };

/**
 * One look at the contact.
 * @param at monotonic time of the look, ms
 */
export function look(state: ContactState, level: boolean, at: number, debounceMs: number): ContactState {
  if (level === state.level) return state.seen === null ? state : { ...state, seen: null };
  const seen = state.seen?.level === level ? state.seen : { level, since: at };
  if (at - seen.since < debounceMs) return { ...state, seen };
  // The first level after a start is no edge: the contact may have been closed for hours.
  const risen = level && state.level === false;
  return { level, seen: null, count: state.count + (risen ? 1 : 0) };
}

/** Nobody looked for a while: what the contact did meanwhile is not known, and a guess would be a piece too many. */
export function lookedAway(state: ContactState): ContactState {
  return { level: null, seen: null, count: state.count };
}

/** What the contact says to the outside; null = nothing yet. */
export function saidBy(state: ContactState, kind: "run" | "pulse"): string | number | null {
  if (state.level === null) return null;
  if (kind === "pulse") return state.count;
  return state.level ? "running" : "stopped";
}
