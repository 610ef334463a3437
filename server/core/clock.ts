/**
 * Time as a service. Wall-clock time is milliseconds since 1970 UTC; monotonic time is milliseconds from
 * an arbitrary start and is the only one from which durations may be computed.
 */
export interface Clock {
  /** Wall-clock time, ms since epoch. Read once per command. */
  now(): number;
  /** Monotonic time in ms; never jumps with the wall clock. */
  monotonic(): number;
  /** Resolves after `ms`, or early (without error) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** A clock that a test (or the filler of history) moves by hand. */
export class ManualClock implements Clock {
  #now: number;
  #mono = 0;
  #sleepers: { at: number; wake: () => void }[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#mono;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        signal?.removeEventListener("abort", wake);
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const sleeper = { at: this.#mono + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Moves both clocks forward and wakes whoever slept until then. */
  advance(ms: number): void {
    this.#now += ms;
    this.#mono += ms;
    for (const sleeper of this.#sleepers.filter((s) => s.at <= this.#mono)) sleeper.wake();
  }

  /** Sets the wall clock alone, as an NTP step or a wrong battery does. */
  jumpTo(ms: number): void {
    this.#now = ms;
  }
}
