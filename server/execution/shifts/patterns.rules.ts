import { Refusal } from "#server/core/refusal.contract.ts";
import type { AddShiftPattern } from "./shifts.contract.ts";

type Pattern = Omit<AddShiftPattern, "lineId" | "fromDay">;

const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;

interface Span {
  readonly from: number;
  readonly to: number;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** Length in minutes; an end at or before the start is on the next day. */
function lengthOf(start: string, end: string): number {
  const minutes = minuteOf(end) - minuteOf(start);
  return minutes > 0 ? minutes : minutes + dayMinutes;
}

/** Minutes of the local week that a pattern covers; Sunday's night reaches into the next Monday. */
function weekOf(pattern: Pattern): Span[] {
  return [...new Set(pattern.weekdays)].map((day) => {
    const from = (day - 1) * dayMinutes + minuteOf(pattern.startLocal);
    return { from, to: from + lengthOf(pattern.startLocal, pattern.endLocal) };
  });
}

function overlap(a: Span, b: Span): boolean {
  return [-weekMinutes, 0, weekMinutes].some((off) => a.from < b.to + off && b.from + off < a.to);
}

/**
 * Why a line cannot work by this pattern beside those it has: two shifts at once would count every part twice, and
 * a break outside its shift would take away time that nobody planned.
 */
export function whyNotPattern(pattern: Pattern, others: readonly Pattern[]): Refusal | null {
  const week = weekOf(pattern);
  for (const other of others)
    if (weekOf(other).some((theirs) => week.some((ours) => overlap(ours, theirs))))
      return overlapOf(pattern, other);
  const length = lengthOf(pattern.startLocal, pattern.endLocal);
  for (const pause of pattern.breaks) {
    const after = (minuteOf(pause.start) - minuteOf(pattern.startLocal) + dayMinutes) % dayMinutes;
    if (after + lengthOf(pause.start, pause.end) > length)
      return new Refusal("break_outside_shift", { start: pause.start, end: pause.end }, "breaks");
  }
  return null;
}

function overlapOf(pattern: Pattern, other: Pattern): Refusal {
  const times = (one: Pattern) => `${one.startLocal.slice(0, 5)}–${one.endLocal.slice(0, 5)}`;
  const both = { name: pattern.name, time: times(pattern), other: other.name, otherTime: times(other) };
  return new Refusal("shift_overlap", both, "startLocal");
}
