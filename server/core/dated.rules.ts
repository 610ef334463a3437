/** What holds in a time: ms since epoch, half-open; null = always before, or until further notice. */
export interface Dated {
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * What holds when something is said from a time on: what held before stays for the time before, what was said for
 * later is replaced. @param entry null = nothing holds from then on
 */
export function saidFrom<T extends object>(
  rows: readonly (T & Dated)[],
  from: number | null,
  entry: T | null,
): (T & Dated)[] {
  const before =
    from === null
      ? []
      : rows
          .filter((row) => row.from === null || row.from < from)
          .map((row) => (row.to === null || row.to > from ? { ...row, to: from } : row));
  return entry === null ? before : [...before, { ...entry, from, to: null }];
}

/** The one that holds at an instant. */
export function holdsAt<T extends Dated>(rows: readonly T[], at: number): T | undefined {
  return rows.find((row) => (row.from === null || row.from <= at) && (row.to === null || row.to > at));
}

/** The time that both hold, or null where there is none. */
export function overlap(a: Dated, b: Dated): Dated | null {
  const from = a.from === null ? b.from : b.from === null ? a.from : Math.max(a.from, b.from);
  const to = a.to === null ? b.to : b.to === null ? a.to : Math.min(a.to, b.to);
  return from !== null && to !== null && from >= to ? null : { from, to };
}

/** From when on two statements differ, −∞ = always; null = they say the same. */
export function differFrom<T extends Dated>(a: readonly T[], b: readonly T[]): number | null {
  const said = (rows: readonly T[], at: number) => {
    const row = holdsAt(rows, at);
    return row === undefined ? "" : JSON.stringify({ ...row, from: null, to: null });
  };
  const edges = [...a, ...b].flatMap(({ from, to }) => [from ?? Number.NEGATIVE_INFINITY, to ?? Infinity]);
  const at = edges
    .filter((edge) => edge < Infinity)
    .toSorted((one, other) => one - other)
    .find((edge) => said(a, edge) !== said(b, edge));
  return at ?? null;
}
