import { asc, desc, eq } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Db, Tx } from "#db/client.ts";
import { credential, personBadge, personPin } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import type { Role } from "#server/core/actor.contract.ts";
import type { Language, PersonView } from "./people.contract.ts";
import { skillsOf } from "./skills.queries.ts";

/** Everybody by name, those who may not come in any more too. */
export async function listPeople(db: Db | Tx): Promise<PersonView[]> {
  const rows = await db.select().from(person).orderBy(asc(person.name), asc(person.code));
  const next = alias(personBadge, "next");
  const badges = await db
    .select({ row: personBadge, replacedBy: next.badge })
    .from(personBadge)
    .leftJoin(next, eq(next.id, personBadge.replacedBy))
    .orderBy(desc(personBadge.id));
  const pins = new Set((await db.select({ id: personPin.personId }).from(personPin)).map((row) => row.id));
  const passwords = new Set(
    (await db.select({ id: credential.userId }).from(credential)).map((row) => row.id),
  );
  const skills = await skillsOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map(({ id, code, name, language, roles, active }) => ({
    id,
    code,
    name,
    language: language as Language,
    roles: roles as Role[],
    active,
    badges: badges
      .filter(({ row }) => row.personId === id && row.takenAt === null)
      .map(({ row }) => row.badge)
      .toReversed(),
    badgeHistory: badges
      .filter(({ row }) => row.personId === id)
      .map(({ row, replacedBy }) => ({
        badge: row.badge,
        givenAt: row.givenAt.getTime(),
        takenAt: row.takenAt?.getTime() ?? null,
        lost: row.lost,
        replacedBy,
      })),
    skills: skills.get(id) ?? [],
    hasPin: pins.has(id),
    hasPassword: passwords.has(id),
  }));
}

/** What a session needs of a person; null when unknown or not allowed in any more. */
export interface SignedPerson {
  readonly id: string;
  readonly name: string;
  readonly language: Language;
  readonly roles: Role[];
}

export async function activePerson(db: Db | Tx, personId: string): Promise<SignedPerson | null> {
  const [row] = await db.select().from(person).where(eq(person.id, personId));
  if (row === undefined || !row.active) return null;
  return { id: row.id, name: row.name, language: row.language as Language, roles: row.roles as Role[] };
}
