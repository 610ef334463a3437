/** Beyond this a source's clock is reported, ms. */
export const warnSkewMs = 1000;
/** Beyond this the times of a source are not believed: its readings are uncertain at best, ms. */
export const uncertainSkewMs = 5000;

/** Length of the window in which the smallest difference counts, ms; two of them are kept. */
const windowMs = 5 * 60_000;

/**
 * Clock skew of a source: the smallest edge time − source time within five to ten minutes. The smallest, because
 * transport only ever adds to it. Positive = the source's clock is behind.
 */
export class SkewMeter {
  #since = Number.NEGATIVE_INFINITY;
  #present: number | null = null;
  #past: number | null = null;

  /** Times in ms; `mono` monotonic. */
  add(edgeTime: number, sourceTime: number, mono: number): void {
    if (mono - this.#since >= windowMs) {
      this.#past = this.#present;
      this.#present = null;
      this.#since = mono;
    }
    const difference = edgeTime - sourceTime;
    this.#present = this.#present === null ? difference : Math.min(this.#present, difference);
  }

  /** The edge's own clock was set: what was measured against the old one says nothing. */
  forget(): void {
    this.#since = Number.NEGATIVE_INFINITY;
    this.#present = this.#past = null;
  }

  /**
   * Whether the source's clock is wrong by more than its readings can be good with. That it runs ahead one reading
   * proves, for none is heard before it is said; that it is behind only a whole window does, for anything may come late.
   */
  get isUncertain(): boolean {
    const skew = this.skewMs;
    if (skew === null) return false;
    return skew < -uncertainSkewMs || (this.#past !== null && skew > uncertainSkewMs);
  }

  /** The skew, once it is as sure and as large as `isUncertain` says but for a second: worth a warning. Else null. */
  get warning(): number | null {
    const skew = this.skewMs;
    if (skew === null) return null;
    return skew < -warnSkewMs || (this.#past !== null && skew > warnSkewMs) ? skew : null;
  }

  get skewMs(): number | null {
    if (this.#present === null || this.#past === null) return this.#present ?? this.#past;
    return Math.min(this.#present, this.#past);
  }
}
