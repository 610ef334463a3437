/** One line of a trend. Times are ms; a null value is a gap and is drawn as one. */
export interface TrendSeries {
  readonly key: string;
  readonly label: string;
  readonly unit: string | null;
  readonly decimals: number;
  readonly at: readonly number[];
  readonly value: readonly (number | null)[];
  /** Least and greatest value behind each point, where points stand for many readings: spikes stay visible. */
  readonly min?: readonly (number | null)[];
  readonly max?: readonly (number | null)[];
  /** A set-point holds until the next one: drawn in steps, dashed. */
  readonly steps?: boolean;
}

/** What ran, or which shift it was, over a stretch of time; drawn as a labelled lane above the lines. */
export interface TrendBand {
  readonly lane: string;
  readonly start: number;
  readonly end: number | null;
  readonly label: string;
}

/** Something that happened at one time: a set-point changed, an alarm came. */
export interface TrendMark {
  readonly at: number;
  readonly label: string;
  readonly kind: "setpoint" | "alarm" | "note";
}

export type Columns = [number[], ...(number | null | undefined)[][]];

/** Columns of one series: time in ms, least and greatest where known, value. The line is drawn over its spread. */
export function columnsOf(series: TrendSeries): Columns {
  const { at, value, min, max } = series;
  return min === undefined || max === undefined
    ? [[...at], [...value]]
    : [[...at], [...min], [...max], [...value]];
}

/** Decimals that tell the marks of an axis apart. */
export function decimalsOf(splits: readonly number[]): number {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0));
  for (let decimals = 0; decimals < 5; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 && Math.round(scaled) > 0) return decimals;
  }
  return 5;
}

/** The range of the values' axis: all that is drawn, the normal band, and a twentieth of room. */
export function valueRange(
  low: number | null | undefined,
  high: number | null | undefined,
  normal: { low: number; high: number } | null,
): [number, number] {
  const least = Math.min(low ?? Infinity, normal?.low ?? Infinity);
  const most = Math.max(high ?? -Infinity, normal?.high ?? -Infinity);
  if (least > most) return [0, 1];
  const room = Math.max((most - least) * 0.05, Math.abs(most) * 1e-4, 1e-6);
  return [least - room, most + room];
}

/** Index of the point nearest to a time, or null when there is none. `at` ascends. */
export function nearest(at: readonly number[], time: number): number | null {
  if (at.length === 0) return null;
  let low = 0;
  let high = at.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const before = at[low - 1];
  return before !== undefined && time - before < (at[low] ?? Infinity) - time ? low - 1 : low;
}
