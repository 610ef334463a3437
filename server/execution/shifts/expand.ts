import type { Tx } from "#db/client.ts";
import { shiftInstance } from "#db/schema/execution/shifts.ts";
import { lineZones, patternsAt } from "./shifts.queries.ts";
import { addDays, expandShifts, localDay } from "./shifts.rules.ts";

/** Shifts are made so far ahead, local days. */
export const daysAhead = 14;

/**
 * Makes the shift instances of every line from `fromDays` to `toDays` local days around `now` (negative = past).
 * What stands already stays as it is: an instance is never changed by its pattern afterwards.
 * @returns how many were made
 */
export async function expandAllShifts(
  tx: Tx,
  now: number,
  fromDays: number,
  toDays: number,
): Promise<number> {
  let made = 0;
  for (const [lineId, zone] of await lineZones(tx)) {
    const today = localDay(now, zone);
    const patterns = await patternsAt(tx, lineId, now);
    const drafts = expandShifts(patterns, zone, addDays(today, fromDays), addDays(today, toDays));
    if (drafts.length === 0) continue;
    // One statement; what overlaps an instance that stands (exclusion constraint) is left out.
    const rows = await tx
      .insert(shiftInstance)
      .values(
        drafts.map(({ start, end, ...draft }) => ({
          ...draft,
          breaks: [...draft.breaks],
          during: { start, end },
        })),
      )
      .onConflictDoNothing()
      .returning({ id: shiftInstance.id });
    made += rows.length;
  }
  return made;
}
