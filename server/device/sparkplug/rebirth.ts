/** When both clocks say it is: wall for stamps, monotonic for durations. */
export interface Instant {
  readonly now: number;
  readonly monotonic: number;
}

export interface RebirthTiming {
  readonly rebirthMinMs: number;
  readonly rebirthJitterMs: number;
}

/** The pause between two requests doubles up to this factor while no birth answers. */
const maxFactor = 16;

/**
 * Decides when a rebirth is asked for: after a random part of the jitter (a restarted host must not ask all its
 * nodes at once), never two within the pause, one outstanding at a time.
 */
export class RebirthRequests {
  readonly #timing: RebirthTiming;
  readonly #random: () => number;
  #due: number | null = null;
  #reason = "";
  #notBefore = -Infinity;
  #factor = 1;

  constructor(timing: RebirthTiming, random: () => number) {
    this.#timing = timing;
    this.#random = random;
  }

  /** Monotonic time at which `take` has something, null when nothing is wanted. */
  get due(): number | null {
    return this.#due;
  }

  want(reason: string, { monotonic }: Instant): void {
    if (this.#due !== null) return;
    this.#reason = reason;
    this.#due = Math.max(monotonic + this.#random() * this.#timing.rebirthJitterMs, this.#notBefore);
  }

  /** The reason of a request that is to be sent now, null when none is. */
  take({ monotonic }: Instant): string | null {
    if (this.#due === null || monotonic < this.#due) return null;
    this.#due = null;
    this.#notBefore = monotonic + this.#timing.rebirthMinMs * this.#factor;
    this.#factor = Math.min(this.#factor * 2, maxFactor);
    return this.#reason;
  }

  /** The node was born: nothing is wanted any more; the pause since the last request still holds. */
  born(): void {
    this.#due = null;
    this.#factor = 1;
  }
}
