/** What an analogue bar shows beside its value, in the value's unit. */
export interface AnalogueScale {
  readonly low: number | null;
  readonly high: number | null;
  readonly normalLow: number | null;
  readonly normalHigh: number | null;
}

/**
 * The part of the range that a bar shows: the normal band takes its middle third, so that leaving it is a long
 * way on the glass; the physical range ends it. Null when neither band nor range is known.
 */
export function shownRange(
  scale: AnalogueScale,
  setpoint: number | null,
): { from: number; to: number } | null {
  const { low, high, normalLow, normalHigh } = scale;
  if (normalLow !== null && normalHigh !== null && normalHigh > normalLow) {
    const width = normalHigh - normalLow;
    const from = Math.min(normalLow - width, setpoint ?? normalLow);
    const to = Math.max(normalHigh + width, setpoint ?? normalHigh);
    return { from: Math.max(from, low ?? -Infinity), to: Math.min(to, high ?? Infinity) };
  }
  if (low === null || high === null || high <= low) return null;
  return { from: low, to: high };
}

/** Where a value lies on the bar, in percent; what is outside sticks to the end. */
export function placeOn(range: { from: number; to: number }, value: number): number {
  const share = (value - range.from) / (range.to - range.from);
  return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10;
}

/** On which side of its normal band a value is, or null when inside or when no band is known. */
export function outsideBand(scale: AnalogueScale, value: number): "above" | "below" | null {
  if (scale.normalHigh !== null && value > scale.normalHigh) return "above";
  if (scale.normalLow !== null && value < scale.normalLow) return "below";
  return null;
}
