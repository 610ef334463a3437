import type { PaceView } from "./machine-state.contract.ts";

interface Stretch {
  readonly start: number;
  readonly end: number;
}

export interface PaceInput {
  readonly now: number;
  readonly shift: (Stretch & { readonly breaks: readonly Stretch[] }) | null;
  /** Share of the ideal rate that the shift is asked to reach, 0 … 1. */
  readonly share: number;
  /** What ran in this shift: ideal ms per part of each stretch. In order, not overlapping. */
  readonly runs: readonly (Stretch & { readonly idealMs: number | null })[];
  /** Ideal ms per part of what runs now, or will next; null = unknown. */
  readonly idealMs: number | null;
  readonly counts: {
    readonly good: number;
    readonly scrap: number;
    readonly cycles: number;
    readonly idealGoodMs: number;
  };
  /** Good parts of the last `recentMs`. */
  readonly recentGood: number;
  readonly recentMs: number;
}

const hourMs = 3_600_000;

/** Time of [from, to) outside breaks, ms. */
export function plannedMs(from: number, to: number, breaks: readonly Stretch[]): number {
  if (to <= from) return 0;
  const paused = breaks.reduce(
    (sum, b) => sum + Math.max(0, Math.min(b.end, to) - Math.max(b.start, from)),
    0,
  );
  return to - from - paused;
}

/**
 * Target, gap and pace of a shift. The target so far follows what ran: each stretch at the ideal rate of its product,
 * time without a job at the rate of what runs now. Between shifts there is no target.
 */
export function paceOf(input: PaceInput): PaceView {
  const { now, shift, share, idealMs, counts } = input;
  const { good, scrap, cycles } = counts;
  const paceNow = input.recentMs > 0 ? (input.recentGood / input.recentMs) * hourMs : null;
  const none = {
    good,
    scrap,
    cycles,
    targetNow: null,
    targetShift: null,
    gap: null,
    paceNow,
    paceNeeded: null,
    lostMs: null,
  };
  if (shift === null) return none;
  const elapsed = plannedMs(shift.start, now, shift.breaks);
  const left = plannedMs(now, shift.end, shift.breaks);
  const lostMs = Math.max(0, elapsed - counts.idealGoodMs);
  if (idealMs === null) return { ...none, lostMs };
  let covered = 0;
  let ideal = 0;
  for (const run of input.runs) {
    const ms = plannedMs(Math.max(run.start, shift.start), Math.min(run.end, now), shift.breaks);
    covered += ms;
    ideal += ms / (run.idealMs ?? idealMs);
  }
  const targetNow = share * (ideal + Math.max(0, elapsed - covered) / idealMs);
  const targetShift = targetNow + (share * left) / idealMs;
  return {
    ...none,
    targetNow,
    targetShift,
    gap: good - targetNow,
    paceNeeded: left > 0 ? (Math.max(0, targetShift - good) / left) * hourMs : null,
    lostMs,
  };
}
