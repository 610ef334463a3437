/** When a row of a recording is due and which time it has now. Pure: the clocks come in as arguments. */
export interface Pace {
  /** Time of a row in the recording that belongs to … */
  readonly recorded: number;
  /** … this moment of the monotonic clock, ms, … */
  readonly due: number;
  /** … and this time of the wall clock, ms. */
  readonly wall: number;
  /** Time in the recording of the row before. */
  readonly last: number;
  /** Latest time between two rows that went forward, as played, ms; null before there was one. */
  readonly step: number | null;
}

export interface Due {
  readonly pace: Pace;
  /** Monotonic time at which the row is played, ms; never before the row ahead of it in the file. */
  readonly due: number;
  /** The row's time, shifted so that the first row was now. */
  readonly at: number;
}

/**
 * The next row: `speed` times as fast as recorded. A silence, or a step back, longer than `maxPauseMs` of waiting is
 * cut to that: a clock that was set wrong once must not stop the recording for years.
 * @param pace null before the first row, and after an interruption: the row is then now
 */
export function nextRow(
  pace: Pace | null,
  recorded: number,
  { speed, maxPauseMs }: { readonly speed: number; readonly maxPauseMs: number },
  clock: { readonly now: number; readonly monotonic: number },
): Due {
  if (pace === null) {
    const fresh = { recorded, due: clock.monotonic, wall: clock.now, last: recorded, step: null };
    return { pace: fresh, due: clock.monotonic, at: clock.now };
  }
  const since = (from: Pace, time: number): number => (time - from.recorded) / speed;
  const step = (recorded - pace.last) / speed;
  const usual = step > 0 ? Math.min(step, maxPauseMs) : pace.step;
  if (Math.abs(step) <= maxPauseMs) {
    const after = since(pace, recorded);
    const next = { ...pace, last: recorded, step: usual };
    return { pace: next, due: pace.due + after, at: Math.round(pace.wall + after) };
  }
  const cut = since(pace, pace.last) + (step > 0 ? maxPauseMs : 0);
  const next = { recorded, due: pace.due + cut, wall: pace.wall + cut, last: recorded, step: usual };
  return { pace: next, due: next.due, at: Math.round(next.wall) };
}

/** What a single row is repeated after, ms of the recording. */
const usualStepMs = 1000;

/** The first row of another loop: it follows the last one as the rows followed each other. */
export function nextLoop(pace: Pace, recorded: number, speed: number): Due {
  const after = (pace.last - pace.recorded) / speed + (pace.step ?? usualStepMs / speed);
  const [due, wall] = [pace.due + after, pace.wall + after];
  return { pace: { ...pace, recorded, due, wall, last: recorded }, due, at: Math.round(wall) };
}
