/**
 * Whether a stretch of a machine's time may be judged: a detector looks only at time in which the machine ran.
 * Fed with the machine's own state words; states are few numbers so that they live in a consumer's memory.
 */
export interface Running {
  /** The last word heard; null = none yet, which counts as not running. */
  readonly word: string | null;
  /** Source ms at which the machine last came back to running, and from what. */
  readonly runningSince: number | null;
  /** Whether that was after a real stop or set-up, and not only a wait for the neighbours. */
  readonly afterStop: boolean;
}

export const unknownState: Running = { word: null, runningSince: null, afterStop: true };

const waits: ReadonlySet<string> = new Set(["starved", "blocked"]);

export function hearState(state: Running, at: number, word: string): Running {
  if (word === state.word) return state;
  if (word === "running") return { ...state, word, runningSince: at };
  // From running into a wait: a later return is no start. Any other word makes it one.
  const afterStop = waits.has(word) ? state.word !== "running" && state.afterStop : true;
  return { word, runningSince: null, afterStop };
}

/** Why the stretch `[start, end)` may not be judged, or null. */
export function whyNotJudged(state: Running, start: number): "not_running" | "starved" | null {
  if (state.word !== "running" || state.runningSince === null)
    return state.word !== null && waits.has(state.word) ? "starved" : "not_running";
  if (start >= state.runningSince) return null;
  return state.afterStop ? "not_running" : "starved";
}
