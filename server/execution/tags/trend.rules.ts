/** Lengths of the stored rollups, seconds; see the table `rollup`. */
export const rollupLevels = [10, 60, 900, 86_400] as const;
export type RollupLevel = (typeof rollupLevels)[number];

/** The coarsest rollup that is still as fine as a pixel; null = the readings themselves. */
export function levelFor(pixelMs: number): RollupLevel | null {
  return rollupLevels.findLast((level) => level * 1000 <= pixelMs) ?? null;
}

export interface TrendPoint {
  readonly at: number;
  /** null = bad quality, or the source had none: the line ends here. */
  readonly value: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface TrendColumns {
  readonly at: number[];
  readonly value: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

/**
 * Columns of a trend, with a null where the value is not known: from `holdMs` after a point that nothing follows.
 * @param holdMs how long a value counts as the machine's value when nothing newer comes
 */
export function withGaps(points: readonly TrendPoint[], holdMs: number, to: number): TrendColumns {
  const columns: TrendColumns = { at: [], value: [], min: [], max: [] };
  const push = (point: TrendPoint) => {
    columns.at.push(point.at);
    columns.value.push(point.value);
    columns.min.push(point.min);
    columns.max.push(point.max);
  };
  for (const [i, point] of points.entries()) {
    // Two ends of the same gap are one.
    if (point.value === null && columns.value.at(-1) === null) continue;
    push(point);
    const next = points[i + 1]?.at ?? to;
    if (point.value !== null && next - point.at > holdMs) {
      push({ at: point.at + holdMs, value: null, min: null, max: null });
    }
  }
  return columns;
}
