/** Chance with a seed: the same seed gives the same plant. */
export class Random {
  #state: number;
  #spare: number | null = null;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ value < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Normal with mean 0 (Box–Muller). */
  normal(deviation: number): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare * deviation;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle) * deviation;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** How many of `n` happen when each does with this probability. */
  binomial(n: number, probability: number): number {
    let count = 0;
    for (let i = 0; i < n; i++) if (this.chance(probability)) count += 1;
    return count;
  }
}

/** One step of a first-order lag: where `value` is after `dt` on its way to `target`; exact for a constant target. */
export function lag(value: number, target: number, dt: number, timeConstant: number): number {
  return target + (value - target) * Math.exp(-dt / timeConstant);
}
