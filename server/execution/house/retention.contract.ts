import { z } from "zod";

/** What a tag's raw readings count as (function `tag_class` of the database, by the tag's meaning). */
export const retentionClasses = ["process", "state", "energy"] as const;
export type RetentionClass = (typeof retentionClasses)[number];

const days = (least: number) => z.number().int().min(least).max(3660);

/**
 * How long what is kept, in days. Setting `retention`. The audit, shift records, stops, states, counts, orders and
 * changes are never deleted; quarter hours and days of rollups neither.
 */
export const Retention = z.strictObject({
  /** Raw readings of measurements, set-points, material. */
  processDays: days(7),
  /** Of states, faults, counters and safety signals. */
  stateDays: days(7),
  energyDays: days(7),
  rollup10sDays: days(1),
  rollup1mDays: days(7),
  /** Readings that could not be stored, with their reason. */
  deadLetterDays: days(30),
  edgeEventDays: days(30),
});
export type Retention = z.infer<typeof Retention>;

/** The same numbers stand as defaults in the functions of db/migrations. */
export const defaultRetention: Retention = {
  processDays: 90,
  stateDays: 90,
  energyDays: 90,
  rollup10sDays: 30,
  rollup1mDays: 400,
  deadLetterDays: 180,
  edgeEventDays: 400,
};

export const RetentionView = z.object({
  setting: Retention,
  /** What still needs old readings, so that nothing since then is deleted: a consumer's name or `shift`. */
  held: z.array(z.object({ what: z.string(), since: z.number() })),
  /** Readings reach back to this day; null = there are none. */
  oldestDay: z.string().nullable(),
});
export type RetentionView = z.infer<typeof RetentionView>;
