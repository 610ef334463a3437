export interface SparkPoint {
  readonly at: number;
  /** Null = a gap: the line is broken there, never drawn through. */
  readonly value: number | null;
}

/**
 * The `d` of a path through points of `[from, to]` on a `width` × `height` box. A hole longer than `gapMs`
 * breaks the line.
 */
export function sparkPath(
  points: readonly SparkPoint[],
  box: { from: number; to: number; low: number; high: number; width: number; height: number },
  gapMs: number,
): string {
  const spanX = Math.max(1, box.to - box.from);
  const spanY = box.high - box.low || 1;
  let d = "";
  let last: number | null = null;
  for (const { at, value } of points) {
    if (value === null) {
      last = null;
      continue;
    }
    if (at < box.from) continue;
    const x = ((at - box.from) / spanX) * box.width;
    const y = box.height - ((Math.min(box.high, Math.max(box.low, value)) - box.low) / spanY) * box.height;
    d += `${last !== null && at - last <= gapMs ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    last = at;
  }
  return d;
}

/** Lowest and highest value with a tenth of room, at least `least` apart, so that noise is not drawn as drama. */
export function sparkRange(points: readonly SparkPoint[], least: number): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const { value } of points) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2, least / 2) * 1.1;
  return { low: middle - half, high: middle + half };
}
