/** A lot on a run, from when to when. */
export interface LotSpan {
  readonly lotId: string;
  readonly code: string;
  readonly role: "in" | "out";
  readonly start: number;
  readonly end: number | null;
}

/** One version of a run: which job on which position of which machine, when, with which lots. */
export interface RunVersion {
  readonly machineId: number;
  readonly position: number;
  readonly jobId: string;
  readonly start: number;
  readonly end: number | null;
  readonly lots: readonly LotSpan[];
}

export interface Period {
  readonly start: number;
  /** Null = until now. */
  readonly end: number | null;
}

const upTo = (end: number | null) => end ?? Number.POSITIVE_INFINITY;

/** The same run at another time: a lot that began or ended with it does so still, the rest is clipped to it. */
export function retimed<R extends RunVersion>(run: R, start: number, end: number | null): R {
  const lots = run.lots.flatMap((lot) => {
    const from = lot.start <= run.start ? start : Math.max(lot.start, start);
    const to = upTo(lot.end) >= upTo(run.end) ? end : Math.min(upTo(lot.end), upTo(end));
    return from < upTo(to) ? [{ ...lot, start: from, end: to }] : [];
  });
  return { ...run, start, end, lots };
}

/**
 * The same run with another lot in the place of one, at the same times. Null wrong = one was forgotten: it was on for
 * the whole run; null right = there was none. @returns null when the wrong one is not on the run
 */
export function relotted<R extends RunVersion>(
  run: R,
  wrongLotId: string | null,
  right: { readonly lotId: string; readonly code: string } | null,
): R | null {
  if (wrongLotId === null) {
    if (right === null) return null;
    const forgotten = { ...right, role: "in" as const, start: run.start, end: run.end };
    return { ...run, lots: [...run.lots, forgotten] };
  }
  const meant = (lot: LotSpan) => lot.lotId === wrongLotId && lot.role === "in";
  if (!run.lots.some(meant)) return null;
  return {
    ...run,
    lots: run.lots.flatMap((lot) =>
      meant(lot) ? (right === null ? [] : [{ ...lot, lotId: right.lotId, code: right.code }]) : [lot],
    ),
  };
}

/**
 * The stretches of source time in which a machine's readings belong to other jobs or lots after a change than before:
 * half-open, in order, joined where they meet. Both lists hold all runs that changed, of one machine.
 */
export function reboundPeriods(before: readonly RunVersion[], after: readonly RunVersion[]): Period[] {
  const edges = new Set<number>();
  for (const run of [...before, ...after]) {
    for (const one of [run, ...run.lots]) {
      edges.add(one.start);
      edges.add(upTo(one.end));
    }
  }
  const times = [...edges].toSorted((a, b) => a - b);
  const found: { start: number; end: number }[] = [];
  for (const [i, start] of times.slice(0, -1).entries()) {
    if (contextKey(before, start) === contextKey(after, start)) continue;
    const end = times[i + 1] ?? start;
    const last = found.at(-1);
    if (last !== undefined && last.end === start) last.end = end;
    else found.push({ start, end });
  }
  return found.map(({ start, end }) => ({ start, end: Number.isFinite(end) ? end : null }));
}

function contextKey(runs: readonly RunVersion[], at: number): string {
  const covers = (one: Period) => one.start <= at && upTo(one.end) > at;
  return runs
    .filter(covers)
    .map((run) => {
      const lots = run.lots.filter(covers).map((lot) => `${lot.role}${lot.lotId}`);
      return `${run.position}/${run.jobId}/${lots.toSorted((a, b) => (a < b ? -1 : 1)).join()}`;
    })
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join(" ");
}

/**
 * Shares out whole parts by weight so that they sum exactly (largest remainders first); with no weight at all,
 * evenly. A negative number is taken away and, as long as |parts| is not more than the weights, leaves none below 0.
 */
export function shareOut(parts: number, weights: readonly number[]): number[] {
  if (weights.length === 0) return [];
  const total = weights.reduce((sum, w) => sum + w, 0);
  const shares = weights.map(
    (w) => (Math.abs(parts) * (total > 0 ? w : 1)) / (total > 0 ? total : weights.length),
  );
  const whole = shares.map(Math.floor);
  const left = Math.abs(parts) - whole.reduce((sum, n) => sum + n, 0);
  const byRemainder = shares
    .map((share, i) => ({ i, rest: share - Math.floor(share) }))
    .toSorted((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of byRemainder.slice(0, left)) whole[i] = (whole[i] ?? 0) + 1;
  return whole.map((n) => (n === 0 ? 0 : Math.sign(parts) * n));
}

/** Counted parts at an instant. */
export interface CountAt {
  readonly at: number;
  readonly good: number;
  readonly scrap: number;
}

/**
 * Where the parts that were not counted (or counted too many) go: to where parts of the kind were counted, else to
 * where any were, else evenly over the time in steps of ten seconds.
 */
export function placeCounts(
  counted: readonly CountAt[],
  period: { readonly from: number; readonly to: number },
  difference: { readonly good: number; readonly scrap: number },
): CountAt[] {
  const even = Array.from({ length: Math.ceil((period.to - period.from) / 10_000) }, (_, i) => ({
    at: period.from + i * 10_000,
    good: 0,
    scrap: 0,
  }));
  const found = new Map<number, { good: number; scrap: number }>();
  for (const kind of ["good", "scrap"] as const) {
    const own = counted.filter((c) => c[kind] > 0);
    const any = counted.filter((c) => c.good + c.scrap > 0);
    const base = own.length > 0 ? own : any.length > 0 ? any : even;
    const weights = base.map((c) => (own.length > 0 ? c[kind] : Math.max(0, c.good + c.scrap)));
    for (const [i, parts] of shareOut(difference[kind], weights).entries()) {
      if (parts === 0) continue;
      const at = base[i]?.at ?? period.from;
      const here = found.get(at) ?? { good: 0, scrap: 0 };
      found.set(at, { ...here, [kind]: here[kind] + parts });
    }
  }
  return [...found].map(([at, parts]) => ({ at, ...parts })).toSorted((a, b) => a.at - b.at);
}
