/**
 * Cumulative sum (Page 1954) of standardised values z against a frozen baseline: `up` grows by z − k and `down`
 * by −z − k, never below 0. With it goes the mean of the values since the sum last stood at 0, which estimates
 * how large the change is and when it began.
 */
export interface Side {
  readonly sum: number;
  /** Source ms at which the run that built the sum began; null while it is 0. */
  readonly since: number | null;
  readonly n: number;
  readonly total: number;
}

export interface Cusum {
  readonly up: Side;
  readonly down: Side;
}

const empty: Side = { sum: 0, since: null, n: 0, total: 0 };
export const quietCusum: Cusum = { up: empty, down: empty };

export interface CusumParameters {
  /** Slack, in sigma: half of the shift that matters most. */
  readonly k: number;
  /** Limit, in sigma. */
  readonly h: number;
  /** The sum stops here (× h), so that a long deviation does not take as long to clear. */
  readonly cap: number;
}

function addSide(side: Side, at: number, value: number, step: number, p: CusumParameters): Side {
  const sum = Math.min(side.sum + step, p.cap * p.h);
  if (sum <= 0) return empty;
  return { sum, since: side.since ?? at, n: side.n + 1, total: side.total + value };
}

/** Adds one value whose standardised distance from normal is `z`. `at` is where the value's time began. */
export function add(cusum: Cusum, at: number, value: number, z: number, p: CusumParameters): Cusum {
  return { up: addSide(cusum.up, at, value, z - p.k, p), down: addSide(cusum.down, at, value, -z - p.k, p) };
}

/** The side that stands higher, as a statistic with its estimate of the mean since the change. */
export function worst(cusum: Cusum, sides: "up" | "both"): { side: Side; direction: "up" | "down" } {
  if (sides === "up" || cusum.up.sum >= cusum.down.sum) return { side: cusum.up, direction: "up" };
  return { side: cusum.down, direction: "down" };
}

/** Learns mean and sigma from the first `wanted` values, then never changes again (Welford). */
export interface Baseline {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
  readonly frozen: boolean;
  readonly learned: boolean;
}

export const unlearned: Baseline = { n: 0, mean: 0, m2: 0, frozen: false, learned: true };

export function given(mean: number, sigma: number): Baseline {
  return { n: 0, mean, m2: sigma * sigma, frozen: true, learned: false };
}

export function learn(baseline: Baseline, value: number, wanted: number): Baseline {
  if (baseline.frozen) return baseline;
  const n = baseline.n + 1;
  const delta = value - baseline.mean;
  const mean = baseline.mean + delta / n;
  const m2 = baseline.m2 + delta * (value - mean);
  return { n, mean, m2, frozen: n >= wanted, learned: true };
}

/** Standard deviation of single values, never below `least` (a constant signal must not alarm on its last digit). */
export function sigmaOf(baseline: Baseline, least: number): number {
  const sigma = baseline.learned
    ? Math.sqrt(baseline.m2 / Math.max(1, baseline.n - 1))
    : Math.sqrt(baseline.m2);
  return Math.max(sigma, least);
}
