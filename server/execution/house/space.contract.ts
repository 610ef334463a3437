import { z } from "zod";

/** From when on a filling disk is an alarm. Setting `space`. */
export const SpaceLimits = z.strictObject({
  /** Fewer days left than this. */
  days: z.number().int().min(1).max(365),
  /** Less of the disk free than this, in percent. */
  freePercent: z.number().int().min(1).max(50),
});
export type SpaceLimits = z.infer<typeof SpaceLimits>;

export const defaultSpaceLimits: SpaceLimits = { days: 14, freePercent: 10 };

export const SpaceLeft = z.discriminatedUnion("kind", [
  /** Fewer than three days were measured. */
  z.object({ kind: z.literal("unknown") }),
  /** The disk does not fill. */
  z.object({ kind: z.literal("steady") }),
  z.object({ kind: z.literal("days"), days: z.number() }),
]);
export type SpaceLeft = z.infer<typeof SpaceLeft>;

export const DiskSample = z.object({
  at: z.number(),
  freeBytes: z.number(),
  totalBytes: z.number(),
  databaseBytes: z.number(),
});
export type DiskSample = z.infer<typeof DiskSample>;

export const SpaceView = z.object({
  limits: SpaceLimits,
  /** The newest sample; null = none yet. */
  now: DiskSample.nullable(),
  /** Days with a sample that count. */
  days: z.number().int(),
  left: SpaceLeft,
  /** Bytes a day; null = cannot tell yet. */
  diskPerDay: z.number().nullable(),
  databasePerDay: z.number().nullable(),
  short: z.boolean(),
});
export type SpaceView = z.infer<typeof SpaceView>;
