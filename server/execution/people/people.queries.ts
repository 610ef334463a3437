import { asc, eq, isNull } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { credential, personBadge, personPin } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import type { Role } from "#server/core/actor.contract.ts";
import type { Language, PersonView } from "./people.contract.ts";

/** Everybody by name, those who may not come in any more too. */
export async function listPeople(db: Db | Tx): Promise<PersonView[]> {
  const rows = await db.select().from(person).orderBy(asc(person.name), asc(person.code));
  const badges = await db
    .select()
    .from(personBadge)
    .where(isNull(personBadge.takenAt))
    .orderBy(asc(personBadge.id));
  const pins = new Set((await db.select({ id: personPin.personId }).from(personPin)).map((row) => row.id));
  const passwords = new Set(
    (await db.select({ id: credential.userId }).from(credential)).map((row) => row.id),
  );
  return rows.map(({ id, code, name, language, roles, active }) => ({
    id,
    code,
    name,
    language: language as Language,
    roles: roles as Role[],
    active,
    badges: badges.filter((one) => one.personId === id).map((one) => one.badge),
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
