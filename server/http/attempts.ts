import type { Db, Tx } from "#db/client.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { appendAudit, type AuditEntry } from "#server/core/audit.ts";
import type { Clock } from "#server/core/clock.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { claimAttempt, forgiveAttempt, type ThrottleKey } from "./throttle.ts";

export interface Attempt {
  /** Who tries: the station, or nobody. */
  readonly actor: Actor;
  readonly how: "badge" | "pin" | "password";
  /** Counts of the person: a right answer clears them. */
  readonly own: readonly ThrottleKey[];
  /** Counts of the place: a right answer gives one attempt back. */
  readonly place: readonly ThrottleKey[];
  readonly wrong: Refusal;
  /** @returns the person, or null when wrong */
  readonly verify: () => Promise<string | null>;
}

/**
 * Counts an attempt to sign on before it is tried. A wrong one stands in the audit without what was typed: that
 * might be a PIN in the wrong field. @throws Refusal `pin_throttled` with the seconds to wait, or `wrong`
 */
export async function tryOnce(db: Db, clock: Clock, attempt: Attempt): Promise<string> {
  const { actor, how, own, place, wrong } = attempt;
  const locked = await claimAttempt(db, [...own, ...place], clock.now());
  if (locked !== null) {
    const seconds = Math.max(1, Math.ceil((locked - clock.now()) / 1000));
    throw new Refusal("pin_throttled", { seconds });
  }
  const personId = await attempt.verify();
  if (personId === null) {
    const entry = { action: "session.refuse", objectType: "session", objectId: how, reason: wrong.code };
    await db.transaction((tx) => auditAccess(tx, clock, actor, entry));
    throw wrong;
  }
  await forgiveAttempt(db, own, place);
  return personId;
}

/** Access is no command, yet it stands in the same record. */
export function auditAccess(tx: Tx, clock: Clock, actor: Actor, entry: AuditEntry): Promise<void> {
  return appendAudit(tx, actor, clock.now(), null, [entry]);
}
