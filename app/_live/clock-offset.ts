interface Measured {
  readonly offset: number;
  readonly error: number;
}

/**
 * How far this device's clock is from the plant's, from question and answer: the server's time lies between
 * asking and hearing, so half the round trip bounds the error. The tightest of the last measurements counts.
 */
export class ClockOffset {
  readonly #kept: Measured[] = [];

  /** `asked` and `heard` on this device's clock, `serverNow` on the server's; ms. */
  measure(asked: number, heard: number, serverNow: number): void {
    const error = Math.max(0, heard - asked) / 2;
    this.#kept.push({ offset: serverNow - (asked + heard) / 2, error });
    // Clocks drift; old measurements are let go even if they were tight.
    if (this.#kept.length > 8) this.#kept.shift();
  }

  /** Add to this device's time to get the plant's, ms. */
  get ms(): number {
    return this.#best?.offset ?? 0;
  }

  /** How wrong `ms` can be, ms; null before the first measurement. */
  get errorMs(): number | null {
    return this.#best?.error ?? null;
  }

  get #best(): Measured | undefined {
    return this.#kept.reduce<Measured | undefined>(
      (best, m) => (best === undefined || m.error <= best.error ? m : best),
      undefined,
    );
  }
}
