/**
 * Did the KPI change? A mixture sequential probability ratio test (Robbins 1970; Johari et al. 2017) of a window
 * before the change against all that came after it, looked at as often as one likes: the interval is valid at all
 * times together, so a look costs nothing and a lucky moment proves nothing.
 *
 * Time is cut into blocks; their spread, not that of single parts, carries the uncertainty, so that a KPI that
 * wanders slowly does not look more certain than it is.
 */
export interface Block {
  /** Parts (ratio KPIs) or readings (means) in the block. */
  readonly n: number;
  /** Sum of what is measured: scrapped parts, or values. */
  readonly sum: number;
}

export interface Comparison {
  /** before − after: positive is better, where less is better. */
  readonly improvement: number;
  readonly low: number;
  readonly high: number;
  readonly before: { readonly value: number; readonly n: number };
  readonly after: { readonly value: number; readonly n: number };
}

export interface TestParameters {
  /** `ratio` = sums of 0/1 outcomes; `mean` = any values. */
  readonly kind: "ratio" | "mean";
  /** Error rate of both sides together, e.g. 0.1: at most 5 % false "better" and 5 % false "worse". */
  readonly alpha: number;
  /** Size of effect the mixture is centred on, in the KPI's unit: what was hoped for. */
  readonly effect: number;
  /** Fewer blocks on a side say nothing. */
  readonly blocksLeast: number;
}

function totals(blocks: readonly Block[]): { n: number; sum: number; mean: number } {
  const n = blocks.reduce((a, b) => a + b.n, 0);
  const sum = blocks.reduce((a, b) => a + b.sum, 0);
  return { n, sum, mean: n === 0 ? 0 : sum / n };
}

/** Variance of one unit (part or reading) as seen between blocks, times one unit's share of a block. */
function unitVariance(groups: readonly (readonly Block[])[], kind: TestParameters["kind"]): number[] {
  // Each period has its own mean; the scatter of blocks around it is pooled over both.
  let squares = 0;
  let freedom = 0;
  let parts = 0;
  let binomial = 0;
  const single = groups.map((blocks) => {
    const { n, sum, mean } = totals(blocks);
    // One scrap more and one good more: no scrap in ten parts is no proof of none for ever.
    const p = (sum + 1) / (n + 2);
    const variance = kind === "ratio" ? p * (1 - p) : 0;
    for (const block of blocks) {
      if (block.n === 0) continue;
      squares += block.n * (block.sum / block.n - mean) ** 2;
      binomial += variance;
    }
    freedom += Math.max(0, blocks.length - 1);
    parts += n;
    return variance;
  });
  // The pooled scatter is itself uncertain with few blocks: as for Student's t, ν / (ν − 2).
  const student = freedom > 2 ? freedom / (freedom - 2) : 3;
  const scatter = (freedom === 0 || parts === 0 ? 0 : squares / freedom) * student;
  if (kind === "mean") return groups.map(() => scatter);
  const blocks = groups.reduce((a, g) => a + g.length, 0);
  const overdispersion = Math.max(1, scatter / Math.max(binomial / Math.max(1, blocks), 1e-12));
  return single.map((v) => v * overdispersion);
}

/** @returns null while there is too little to say anything */
export function compare(
  before: readonly Block[],
  after: readonly Block[],
  p: TestParameters,
): Comparison | null {
  const b = before.filter((x) => x.n > 0);
  const a = after.filter((x) => x.n > 0);
  if (b.length < p.blocksLeast || a.length < p.blocksLeast) return null;
  const was = totals(b);
  const is = totals(a);
  const [vb = 0, va = 0] = unitVariance([b, a], p.kind);
  const variance = vb / was.n + va / is.n;
  const improvement = was.mean - is.mean;
  const sides = { before: { value: was.mean, n: was.n }, after: { value: is.mean, n: is.n } };
  if (variance <= 0) return { improvement, low: improvement, high: improvement, ...sides };
  // Brownian motion in information time I = 1 / variance; a normal mixture of width `effect` over the drift.
  const information = 1 / variance;
  const scale = 1 + p.effect * p.effect * information;
  const radius =
    Math.sqrt((scale / (p.effect * p.effect)) * (2 * Math.log(1 / p.alpha) + Math.log(scale))) / information;
  return { improvement, low: improvement - radius, high: improvement + radius, ...sides };
}

/** Better: surely above 0. Worse: surely below 0. Not better: surely below the least effect worth having. */
export function says(
  comparison: Comparison | null,
  effectLeast: number,
): "better" | "not_better" | "worse" | "not_yet" {
  if (comparison === null) return "not_yet";
  if (comparison.low > 0) return "better";
  if (comparison.high < 0) return "worse";
  return comparison.high < effectLeast ? "not_better" : "not_yet";
}
