import { z } from "zod";

/** How a detector becomes and stops being a deviation; the same for all kinds. Times in ms of source time. */
const track = {
  persist: z.number().int().min(1).default(2),
  clearAt: z.number().min(0).max(1).default(0.5),
  clearPersist: z.number().int().min(1).default(3),
  coolDownMs: z.number().min(0).default(600_000),
};

/** A baseline that is given; without it the first values are learned and then frozen. */
const baseline = z.object({ mean: z.number(), sigma: z.number().positive() }).nullable().default(null);

/** One-sided CUSUM on log(cycle / standard). Defaults: 5 % at a spread of 8 % seen in about 23 cycles. */
export const SlowdownParameters = z.object({
  ...track,
  k: z.number().positive().default(0.3),
  h: z.number().positive().default(7.6),
  cap: z.number().min(1).default(1.5),
  baseline,
  /** Cycles from which a baseline is learned. */
  learn: z.number().int().min(5).default(50),
  /** Least spread of log(cycle / standard). */
  sigmaLeast: z.number().positive().default(0.005),
  /** A smaller slowdown (share of the standard) is no deviation however sure it is. */
  effectLeast: z.number().min(0).default(0.02),
  /** Cycles left out after a start or set-up. */
  warmUp: z.number().int().min(0).default(3),
});
export type SlowdownParameters = z.infer<typeof SlowdownParameters>;

/** Two-sided CUSUM on time-weighted means of windows. */
export const DriftParameters = z.object({
  ...track,
  k: z.number().positive().default(0.5),
  h: z.number().positive().default(8),
  cap: z.number().min(1).default(1.5),
  windowMs: z.number().positive().default(60_000),
  baseline,
  learn: z.number().int().min(5).default(30),
  sigmaLeast: z.number().positive().default(0.3),
  /** A smaller distance from normal, in the tag's unit, is no deviation. */
  effectLeast: z.number().min(0).default(1),
  /** Windows left out after a start or set-up. */
  warmUp: z.number().int().min(0).default(5),
  /** Least share of a window that good readings must cover. */
  coverLeast: z.number().min(0).max(1).default(0.5),
  /** A value holds at most this long without a new reading. */
  holdMs: z.number().positive().default(60_000),
});
export type DriftParameters = z.infer<typeof DriftParameters>;

/** Time until the material at the machine is used up, from the measured net rate. */
export const RunOutParameters = z.object({
  ...track,
  /** It is a deviation when less than this is left. */
  leadMs: z.number().positive().default(1_800_000),
  /** The rate is measured over this long. */
  rateMs: z.number().positive().default(900_000),
  /** A rise larger than this is a refill: the rate is measured anew. */
  refill: z.number().positive().default(1),
});
export type RunOutParameters = z.infer<typeof RunOutParameters>;
