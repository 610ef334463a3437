import { Refusal } from "#server/core/refusal.contract.ts";
import type { BegunShift } from "./calendar.contract.ts";
import { type PlannedShift, spanText } from "./calendar.rules.ts";

/** What the days of a line hold once its calendar says something else. */
export interface Replanned {
  /** What has begun, in order; only the end and the coming breaks of the one that runs may differ from the record. */
  readonly begun: readonly BegunShift[];
  /** What is to be made: it comes, or it should be running and nothing is. */
  readonly coming: readonly PlannedShift[];
}

type Meant = Pick<PlannedShift, "productionDay" | "seriesId" | "start">;

/** A pattern is worked at most once a day, whatever its times are; an extra shift is known by its beginning. */
function isSame(one: Meant, other: Meant): boolean {
  if (one.productionDay !== other.productionDay || one.seriesId !== other.seriesId) return false;
  return one.seriesId !== null || one.start === other.start;
}

/**
 * What a calendar makes of a line at `now`. What is over stays as it was worked and what runs is never taken away: its
 * end moves to where it is planned, if that is still to come. What should have been worked before is not worked afterwards.
 */
export function replan(
  planned: readonly PlannedShift[],
  begun: readonly BegunShift[],
  now: number,
): Replanned {
  return {
    begun: begun.map((shift) => {
      const as = planned.find((one) => isSame(one, shift) && one.start <= now && one.end > now);
      return as === undefined || shift.end <= now ? shift : { ...shift, ...endingAs(shift, as, now) };
    }),
    coming: planned.filter((one) => one.end > now && !begun.some((shift) => isSame(shift, one))),
  };
}

/** Breaks that have begun are what they were; those to come are as planned. */
function endingAs(shift: BegunShift, { end, breaks }: PlannedShift, now: number) {
  const had = shift.breaks
    .filter((pause) => pause.start <= now)
    .map((pause) => ({ start: pause.start, end: Math.min(pause.end, end) }));
  return { end, breaks: [...had, ...breaks.filter((pause) => pause.start > now)] };
}

/**
 * Why a word about a single shift comes too late: it would move a time that is over, take away what runs, or begin it
 * anew. `before` and `after` are what is planned without and with the word. @returns Refusal time_over, shift_begun
 */
export function whyTooLate(
  before: readonly PlannedShift[],
  after: readonly PlannedShift[],
  begun: readonly BegunShift[],
  now: number,
  zone: string,
): Refusal | null {
  const refusal = (code: "time_over" | "shift_begun", shift: Meant & { name: string; end: number }) =>
    new Refusal(code, { name: shift.name, time: spanText(shift, zone) });
  const ofBegun = (shift: BegunShift) => refusal(shift.end <= now ? "time_over" : "shift_begun", shift);
  for (const one of after) {
    if (before.some((was) => isSame(was, one) && was.start === one.start && was.end === one.end)) continue;
    const shift = begun.find((has) => isSame(has, one));
    const moves = shift === undefined || (shift.end > now && shift.start === one.start);
    if (!moves) return ofBegun(shift);
    if (one.end <= now) return shift === undefined ? refusal("time_over", one) : ofBegun(shift);
  }
  for (const was of before) {
    const shift = begun.find((has) => isSame(has, was));
    if (shift !== undefined && !after.some((one) => isSame(one, was))) return ofBegun(shift);
  }
  return null;
}
