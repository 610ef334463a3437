/** The smallest value that so large a share of all lies at or below, to two digits; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) * 100) / 100;
}
