import type { Clock } from "#server/core/clock.ts";

/** Closer than this to the server the edge's own clock is believed, ms. */
const closeEnough = 500;
/** A step of the wall clock that is larger than this is a jump, ms. */
const jumpMs = 1000;

/**
 * The edge's wall clock, checked: it runs on by the monotonic clock whatever happens to the computer's (NTP step, dead
 * battery, a hand), and it takes the server's time where the computer's is wrong. Expiry of actuations, edge times and
 * the judgement of source times hang on it.
 */
export class CheckedClock implements Clock {
  readonly #clock: Clock;
  /** What is added to the computer's wall clock, ms. */
  #offset = 0;
  #wall: number;
  #mono: number;
  #checked = false;
  /** Told after it took the server's time. */
  onSet: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wall = clock.now();
    this.#mono = clock.monotonic();
  }

  /** Whole milliseconds, as the wires want them. */
  now(): number {
    return Math.round(this.#wall + (this.#clock.monotonic() - this.#mono));
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  /** Whether it was compared with the server's: until then it may be wrong by years. */
  get checked(): boolean {
    return this.#checked;
  }

  /** Difference to the computer's wall clock, ms. */
  get offset(): number {
    return this.#offset;
  }

  /** Compares with the server's time. @returns by how much the checked time moved, ms; 0 = close enough. */
  meet(serverNow: number): number {
    this.#checked = true;
    const by = serverNow - this.now();
    if (Math.abs(by) <= closeEnough) return 0;
    this.#offset += by;
    this.#anchor();
    this.onSet();
    return by;
  }

  /** To be called every second or so. @returns by how much the computer's clock jumped since, ms; 0 = it did not. */
  tick(): number {
    const by = this.#clock.now() + this.#offset - this.now();
    if (Math.abs(by) > jumpMs) this.#offset -= by;
    this.#anchor();
    return Math.abs(by) > jumpMs ? by : 0;
  }

  #anchor(): void {
    this.#wall = this.#clock.now() + this.#offset;
    this.#mono = this.#clock.monotonic();
  }
}
