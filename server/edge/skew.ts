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

  get skewMs(): number | null {
    if (this.#present === null || this.#past === null) return this.#present ?? this.#past;
    return Math.min(this.#present, this.#past);
  }
}
