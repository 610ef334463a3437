import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { throttle } from "#db/schema/core/auth.ts";

/** How many failures are free, in which time they count, and how long each further one locks, in ms. */
export interface ThrottleRule {
  readonly free: number;
  readonly windowMs: number;
  readonly lockMs: readonly number[];
}

const minute = 60_000;
const hour = 60 * minute;

/** Five tries, then one, five and thirty minutes. */
export const perPerson: ThrottleRule = {
  free: 5,
  windowMs: 24 * hour,
  lockMs: [minute, 5 * minute, 30 * minute],
};
/** Twenty failures an hour from one station or address. */
export const perPlace: ThrottleRule = { free: 20, windowMs: hour, lockMs: [hour] };
/** Against a person from everywhere at once; high, so that a stranger cannot lock somebody out. */
export const perPersonEverywhere: ThrottleRule = { free: 100, windowMs: hour, lockMs: [hour] };

export interface ThrottleKey {
  readonly key: string;
  readonly rule: ThrottleRule;
}

/**
 * Counts an attempt before it is tried, so that many at once cannot slip through together. In the database, so
 * that a restart forgives nobody. @returns when the lock ends (ms), or null: go on
 */
export async function claimAttempt(
  db: Db,
  keys: readonly ThrottleKey[],
  now: number,
): Promise<number | null> {
  return db.transaction(async (tx) => {
    const rows = new Map<string, typeof throttle.$inferSelect>();
    for (const { key } of sorted(keys)) {
      await tx
        .insert(throttle)
        .values({ key, failures: 0, since: new Date(now) })
        .onConflictDoNothing();
      const [row] = await tx.select().from(throttle).where(eq(throttle.key, key)).for("update");
      if (row !== undefined) rows.set(key, row);
    }
    const locks = [...rows.values()]
      .map((row) => row.lockedUntil?.getTime() ?? 0)
      .filter((until) => until > now);
    if (locks.length > 0) return Math.max(...locks);
    for (const { key, rule } of keys) {
      const row = rows.get(key);
      if (row === undefined) continue;
      const over = row.since.getTime() + rule.windowMs <= now;
      const failures = (over ? 0 : row.failures) + 1;
      const lock =
        failures < rule.free ? undefined : (rule.lockMs[failures - rule.free] ?? rule.lockMs.at(-1));
      await tx
        .update(throttle)
        .set({
          failures,
          since: over ? new Date(now) : row.since,
          lockedUntil: lock === undefined ? null : new Date(now + lock),
        })
        .where(eq(throttle.key, key));
    }
    return null;
  });
}

/** A right answer: the person's own count begins anew; a place only gets this one attempt back. */
export async function forgiveAttempt(
  db: Db,
  clear: readonly ThrottleKey[],
  refund: readonly ThrottleKey[],
): Promise<void> {
  await db.transaction(async (tx) => {
    for (const { key } of sorted([...clear, ...refund])) {
      if (clear.some((one) => one.key === key)) await tx.delete(throttle).where(eq(throttle.key, key));
      else {
        await tx
          .update(throttle)
          .set({ failures: sql`greatest(${throttle.failures} - 1, 0)`, lockedUntil: null })
          .where(eq(throttle.key, key));
      }
    }
  });
}

/** Rows are locked in one order, so that two attempts never wait for one another. */
const sorted = (keys: readonly ThrottleKey[]): ThrottleKey[] =>
  keys.toSorted((a, b) => (a.key < b.key ? -1 : 1));
