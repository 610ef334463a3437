import { and, desc, eq, gt, inArray, isNull, lte, or } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { badgeSession, personBadge, personPin } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { newToken, tokenHash } from "#server/core/tokens.ts";

/** Without a touch for this long the person is signed off. */
export const idleMs = 5 * 60_000;
/** A shift and its handover: then the person signs on again. */
export const absoluteMs = 12 * 3_600_000;

export interface BadgeSession {
  readonly id: string;
  readonly personId: string;
  /** When it ends if nothing more is done, ms. */
  readonly until: number;
}

/** The living session of a token; it counts on the station alone where it began. */
export async function findBadgeSession(
  db: Db | Tx,
  token: string,
  stationId: string,
  now: number,
): Promise<BadgeSession | null> {
  const at = new Date(now);
  const [row] = await db
    .select()
    .from(badgeSession)
    .where(
      and(
        eq(badgeSession.tokenHash, tokenHash(token)),
        eq(badgeSession.stationId, stationId),
        gt(badgeSession.idleAt, at),
        gt(badgeSession.endsAt, at),
      ),
    );
  if (row === undefined) return null;
  return { id: row.id, personId: row.personId, until: Math.min(row.idleAt.getTime(), row.endsAt.getTime()) };
}

/** Begins a session under a new token. */
export async function startBadgeSession(
  tx: Tx,
  who: { personId: string; stationId: string; how: "badge" | "pin" },
  now: number,
): Promise<{ id: string; token: string }> {
  const token = newToken();
  const times = {
    startedAt: new Date(now),
    idleAt: new Date(now + idleMs),
    endsAt: new Date(now + absoluteMs),
  };
  const [row] = await tx
    .insert(badgeSession)
    .values({ ...who, ...times, tokenHash: tokenHash(token) })
    .returning({ id: badgeSession.id });
  if (row === undefined) throw new Error("the session was not stored");
  return { id: row.id, token };
}

/** Ends the session of a token. @returns its id, or null when there was none */
export async function endBadgeSession(
  tx: Tx,
  token: string,
): Promise<{ id: string; personId: string } | null> {
  const [row] = await tx
    .delete(badgeSession)
    .where(eq(badgeSession.tokenHash, tokenHash(token)))
    .returning({ id: badgeSession.id, personId: badgeSession.personId });
  return row ?? null;
}

/** Somebody did something: the idle time begins anew. A session that was idle too long stays over. */
export async function touchBadgeSession(db: Db, id: string, now: number): Promise<void> {
  await db
    .update(badgeSession)
    .set({ idleAt: new Date(now + idleMs) })
    .where(and(eq(badgeSession.id, id), gt(badgeSession.idleAt, new Date(now))));
}

/** Removes what is over. @returns ids of the sessions that ended */
export async function sweepBadgeSessions(tx: Tx, now: number): Promise<string[]> {
  const at = new Date(now);
  const rows = await tx
    .delete(badgeSession)
    .where(or(lte(badgeSession.idleAt, at), lte(badgeSession.endsAt, at)))
    .returning({ id: badgeSession.id });
  return rows.map((row) => row.id);
}

/** Whose badge this is, if the person may come in. */
export async function personOfBadge(db: Db, badge: string): Promise<string | null> {
  const [row] = await db
    .select({ id: person.id })
    .from(personBadge)
    .innerJoin(person, eq(person.id, personBadge.personId))
    .where(and(eq(personBadge.badge, badge), isNull(personBadge.takenAt), eq(person.active, true)));
  return row?.id ?? null;
}

/** What is said of a badge nobody may come in with: whoever found an old one reads what became of it. */
export async function whyNotBadge(db: Db, badge: string): Promise<Refusal> {
  const [last] = await db
    .select({ lost: personBadge.lost, replacedBy: personBadge.replacedBy, takenAt: personBadge.takenAt })
    .from(personBadge)
    .where(eq(personBadge.badge, badge))
    .orderBy(desc(personBadge.id))
    .limit(1);
  if (last === undefined || last.takenAt === null) return new Refusal("badge_unknown");
  if (last.replacedBy !== null) return new Refusal("badge_replaced");
  return new Refusal(last.lost ? "badge_lost" : "badge_unknown");
}

/** The person with this code, else with this badge number, and the stored PIN; each null when there is none. */
export async function pinOfPerson(
  db: Db,
  code: string,
): Promise<{ personId: string | null; hash: string | null }> {
  const coded = eq(person.email, `${code.toLowerCase()}@person.invalid`);
  const worn = db
    .select({ id: personBadge.personId })
    .from(personBadge)
    .where(and(eq(personBadge.badge, code), isNull(personBadge.takenAt)));
  const [row] = await db
    .select({ id: person.id, hash: personPin.hash })
    .from(person)
    .leftJoin(personPin, eq(personPin.personId, person.id))
    .where(
      and(
        // A kiosk has digits only, so the number on the badge names a person as well as their code does.
        or(coded, inArray(person.id, worn)),
        eq(person.active, true),
      ),
    )
    // One's code may be the number on another's badge: always the same of the two is meant, and counted.
    .orderBy(desc(coded))
    .limit(1);
  return { personId: row?.id ?? null, hash: row?.hash ?? null };
}
