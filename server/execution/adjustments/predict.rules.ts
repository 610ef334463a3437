import type { Predicted } from "./adjustments.contract.ts";

/** One earlier change of the same rule, as measured. */
export interface Outcome {
  readonly setpointChange: number;
  readonly processChange: number | null;
  readonly kpiBefore: number | null;
  readonly kpiAfter: number | null;
}

export interface StepInput {
  /** Process value now and wanted, in its unit. */
  readonly process: number;
  readonly target: number;
  /** Change of the process value per unit of set-point, with its sign. */
  readonly slope: number;
  /** Share of the distance taken in one step (run-to-run EWMA): stable while 0 < gain · true slope / slope < 2. */
  readonly gain: number;
  readonly setpoint: number;
  readonly limits: { readonly min: number; readonly max: number; readonly maxStep: number };
  readonly decimals: number;
  /** A smaller step is not worth a person's attention. */
  readonly stepLeast: number;
}

/** A bounded run-to-run step towards the target; null when there is nothing worth proposing inside the limits. */
export function proposeStep(p: StepInput): number | null {
  if (p.slope === 0 || ![p.process, p.target, p.setpoint].every(Number.isFinite)) return null;
  const wanted = (p.gain * (p.target - p.process)) / p.slope;
  const step = Math.max(-p.limits.maxStep, Math.min(p.limits.maxStep, wanted));
  const bounded = Math.max(p.limits.min, Math.min(p.limits.max, p.setpoint + step));
  const scale = 10 ** p.decimals;
  // Towards where it stands now, so that rounding never makes a step larger than its limit.
  const round = bounded >= p.setpoint ? Math.floor : Math.ceil;
  const value = round(bounded * scale + (bounded >= p.setpoint ? 1e-9 : -1e-9)) / scale;
  return Math.abs(value - p.setpoint) < p.stepLeast ? null : value;
}

/** 80 % of a normal distribution lies within so many sigma. */
const z80 = 1.2816;
const enough = 3;

function spread(values: readonly number[]): { mean: number; band: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return { mean, band: z80 * Math.sqrt(variance * (1 + 1 / values.length)) };
}

/**
 * Where the process value should be after the change. From three earlier outcomes on: their mean slope with the
 * 80 % band of a next one; before: the rule's own slope, ± 50 %.
 */
export function predictProcess(
  now: number,
  setpointChange: number,
  slope: number,
  outcomes: readonly Outcome[],
  unit: string | null,
): Predicted {
  const slopes = outcomes.flatMap((o) =>
    o.processChange === null || o.setpointChange === 0 ? [] : [o.processChange / o.setpointChange],
  );
  const known = slopes.length >= enough;
  const { mean, band } = known ? spread(slopes) : { mean: slope, band: Math.abs(slope) / 2 };
  const ends = [(mean - band) * setpointChange, (mean + band) * setpointChange].toSorted((a, b) => a - b);
  return {
    value: now + mean * setpointChange,
    low: now + (ends[0] ?? 0),
    high: now + (ends[1] ?? 0),
    unit,
    basis: known ? "outcomes" : "model",
    n: slopes.length,
  };
}

/** What the KPI should become, as earlier changes of this rule changed it; null without three of them. */
export function predictKpi(
  now: number | null,
  outcomes: readonly Outcome[],
  unit: string | null,
): Predicted | null {
  const ratios = outcomes.flatMap((o) =>
    o.kpiBefore === null || o.kpiAfter === null || o.kpiBefore <= 0 ? [] : [o.kpiAfter / o.kpiBefore],
  );
  if (now === null || ratios.length < enough) return null;
  const { mean, band } = spread(ratios);
  return {
    value: now * mean,
    low: Math.max(0, now * (mean - band)),
    high: now * (mean + band),
    unit,
    basis: "outcomes",
    n: ratios.length,
  };
}
