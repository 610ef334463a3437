/** Nothing is called stale that is younger than this, however often it is expected, ms. */
const leastMs = 5000;

/**
 * After how long without a reading a tag's value is drawn stale: three times its interval, and 5 s at least.
 * @param intervalMs how often it is heard while it stands still: as often as its source says it, or, where that is
 *   longer, as often as the edge repeats it
 */
export function staleAfterMs(intervalMs: number): number {
  return Math.max(leastMs, 3 * intervalMs);
}
