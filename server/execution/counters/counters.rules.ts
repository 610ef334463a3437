/** One good reading of a cumulative counter. */
export interface CounterReading {
  readonly at: number;
  readonly value: number;
}

export interface CounterLimits {
  /** Where the counter starts again at 0, e.g. 65536; null = it never rolls over, it is only reset. */
  readonly modulus: number | null;
  /** The most that the machine can count in one ms; null = not known. */
  readonly maxPerMs: number | null;
}

export interface CounterStep {
  readonly delta: number;
  /** What a counter that went down means; null = it did not go down. */
  readonly decision: "reset" | "rollover" | null;
  /** It went down as neither a reset nor a roll-over does: counted as decided, until a person says what it was. */
  readonly doubtful: boolean;
}

/** What a person said of a counter that went down: of this very step, and of no other. */
export interface CounterVerdict {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly decision: "reset" | "rollover";
}

/** How near the top a counter must have been to have rolled over, as a share of its modulus. */
const nearTheTop = 0.9;

/**
 * What was counted between two readings. On a decrease: a roll-over (new − old + modulus) only if the old value was
 * near the top and the implied count is possible in that time; else a reset, and what stands now was counted since.
 */
export function counterStep(
  before: CounterReading,
  after: CounterReading,
  limits: CounterLimits,
): CounterStep {
  if (after.value >= before.value)
    return { delta: after.value - before.value, decision: null, doubtful: false };
  const { modulus, maxPerMs } = limits;
  if (modulus !== null && before.value < modulus && before.value >= modulus * nearTheTop) {
    const delta = after.value - before.value + modulus;
    const possible = maxPerMs === null ? modulus * (1 - nearTheTop) : maxPerMs * (after.at - before.at);
    if (delta <= possible) return { delta, decision: "rollover", doubtful: false };
  }
  return { delta: after.value, decision: "reset", doubtful: isDoubtfulReset(before, after, limits) };
}

/**
 * A counter that a person or a restart sets back begins near zero: what stands there now is what could be made since
 * the last reading. More than that is a doubt; where the most is not known, to have fallen by less than half is one,
 * and so is a fall from near the top that was no roll-over.
 */
function isDoubtfulReset(before: CounterReading, after: CounterReading, limits: CounterLimits): boolean {
  const { modulus, maxPerMs } = limits;
  if (after.value === 0) return false;
  if (maxPerMs !== null) return after.value > maxPerMs * (after.at - before.at);
  const fromTheTop = modulus !== null && before.value < modulus && before.value >= modulus * nearTheTop;
  return fromTheTop || after.value * 2 > before.value;
}

/** What a step counts if it was a roll-over; null where the counter has no top, or was above it. */
export function ifRollover(from: number, to: number, modulus: number | null): number | null {
  return modulus === null || from >= modulus ? null : to - from + modulus;
}

export interface CountedAt {
  readonly at: number;
  readonly delta: number;
}

export interface CounterJump extends CounterStep {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Counts of a series of readings in order of source time, each at the instant of its reading. The first reading
 * counts 0, for nobody knows what was before it: pass the one before the period to count the whole period.
 */
export function countSeries(
  readings: readonly CounterReading[],
  limits: CounterLimits,
  verdicts: readonly CounterVerdict[] = [],
): { readonly counted: readonly CountedAt[]; readonly jumps: readonly CounterJump[] } {
  const counted: CountedAt[] = [];
  const jumps: CounterJump[] = [];
  let before: CounterReading | undefined;
  for (const reading of readings) {
    if (before !== undefined) {
      const step = decided(before, reading, limits, verdicts);
      if (step.delta !== 0) counted.push({ at: reading.at, delta: step.delta });
      if (step.decision !== null)
        jumps.push({ ...step, at: reading.at, from: before.value, to: reading.value });
    }
    before = reading;
  }
  return { counted, jumps };
}

function decided(
  before: CounterReading,
  after: CounterReading,
  limits: CounterLimits,
  verdicts: readonly CounterVerdict[],
): CounterStep {
  const step = counterStep(before, after, limits);
  if (step.decision === null) return step;
  const verdict = verdicts.find((v) => v.at === after.at && v.from === before.value && v.to === after.value);
  if (verdict === undefined) return step;
  if (verdict.decision === "reset") return { delta: after.value, decision: "reset", doubtful: false };
  const delta = ifRollover(before.value, after.value, limits.modulus);
  return delta === null ? step : { delta, decision: "rollover", doubtful: false };
}

export const bucketMs = 10_000;

/** Start of the ten seconds in which an instant lies. */
export function bucketStart(at: number): number {
  return Math.floor(at / bucketMs) * bucketMs;
}
