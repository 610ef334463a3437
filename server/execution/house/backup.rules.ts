import { Temporal } from "temporal-polyfill";
import type { BackupPlan, BackupProblem } from "./backup.contract.ts";

/** A plant without a good backup for longer than this is told of it: a night and two hours. */
export const oldAfterMs = 26 * 3_600_000;

/** A night's backup that failed is tried again after this long. */
export const retryAfterMs = 3_600_000;

/** The newest instant ≤ `now` at which the plan's time of day came, ms. A time that a change of the clocks skips comes an hour later. */
export function latestSlot(plan: Pick<BackupPlan, "at">, timeZone: string, now: number): number {
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone);
  const today = here.withPlainTime(plan.at);
  const slot = today.epochMilliseconds <= now ? today : here.subtract({ days: 1 }).withPlainTime(plan.at);
  return slot.epochMilliseconds;
}

/** The next instant > `now` at which the plan's time of day comes, ms. */
export function nextSlot(plan: Pick<BackupPlan, "at">, timeZone: string, now: number): number {
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone);
  const today = here.withPlainTime(plan.at);
  const slot = today.epochMilliseconds > now ? today : here.add({ days: 1 }).withPlainTime(plan.at);
  return slot.epochMilliseconds;
}

export interface BackupFacts {
  readonly plan: BackupPlan;
  readonly now: number;
  /** When this plant began; nothing is missed before. */
  readonly houseSince: number;
  readonly busy: boolean;
  /** Instant of the data in the newest good one that is still there. */
  readonly lastGoodAt: number | null;
  /** The newest attempt, if it failed. */
  readonly lastFailure: {
    readonly at: number;
    readonly problem: BackupProblem;
    readonly folder: string | null;
  } | null;
}

/**
 * Whether the night's backup is to be asked for: its time has come since the plant began and since it was last
 * asked for, or its last attempt failed an hour ago. A plant that was off at night makes it up when it comes back, once.
 */
export function isNightDue(
  facts: Pick<BackupFacts, "plan" | "now" | "houseSince" | "busy" | "lastFailure"> & {
    readonly timeZone: string;
    /** When the schedule asked last. */
    readonly askedAt: number | null;
  },
): boolean {
  const { plan, now, houseSince, busy, lastFailure, timeZone, askedAt } = facts;
  if (!plan.enabled || busy) return false;
  if (lastFailure !== null && now - lastFailure.at >= retryAfterMs) return true;
  return latestSlot(plan, timeZone, now) > Math.max(houseSince, askedAt ?? 0);
}

/** Whether the plant has gone without a good backup for too long, though it is meant to make one every night. */
export function isOld({
  plan,
  now,
  houseSince,
  lastGoodAt,
}: Omit<BackupFacts, "busy" | "lastFailure">): boolean {
  return plan.enabled && now - Math.max(lastGoodAt ?? 0, houseSince) > oldAfterMs;
}
