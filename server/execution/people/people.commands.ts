import { and, arrayContains, eq, ne, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { badgeSession, credential, personPin, userSession } from "#db/schema/core/auth.ts";
import { person } from "#db/schema/execution/people.ts";
import { type Command, defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { hashPassword, hashPin } from "./passwords.ts";
import { AddPerson, ChangePerson, SetPassword, SetPin } from "./people.contract.ts";
import { personChanged } from "./people.facts.ts";

const allow = () => ({ action: "people.manage" }) as const;

/** Adds a person, who can do nothing until a badge, a PIN or a password is given. @returns the new id */
export const addPerson = defineCommand({
  name: "person.add",
  input: AddPerson,
  allow,
  run: async (context, input) => {
    const [row] = await context.tx
      .insert(person)
      .values({
        ...input,
        roles: unique(input.roles),
        createdAt: new Date(context.now),
        updatedAt: new Date(context.now),
      })
      .onConflictDoNothing()
      .returning({ id: person.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({ action: "person.add", objectType: "person", objectId: row.id, after: input });
    context.publish(personChanged, "plant", { personId: row.id });
    return { personId: row.id };
  },
});

/** Changes name, language, roles, or whether somebody may come in at all; that ends the person's sessions. */
export const changePerson = defineCommand({
  name: "person.change",
  input: ChangePerson,
  allow,
  run: async (context, { personId, ...given }) => {
    const { tx } = context;
    const before = await lockPerson(tx, personId);
    const after = {
      name: given.name ?? before.name,
      language: given.language ?? before.language,
      roles: given.roles === undefined ? before.roles : unique<string>(given.roles),
      active: given.active ?? before.active,
    };
    if (isAdministrator(before) && !isAdministrator(after)) await refuseLastAdministrator(tx, personId);
    await tx
      .update(person)
      .set({ ...after, updatedAt: new Date(context.now) })
      .where(eq(person.id, personId));
    if (!after.active || after.roles.join() !== before.roles.join()) await endSessionsOf(tx, personId);
    const { name, language, roles, active } = before;
    context.audit({
      action: "person.change",
      objectType: "person",
      objectId: personId,
      before: { name, language, roles, active },
      after,
    });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

/** The command that sets a PIN. `pepper` is a secret of the house that is not in the database. */
export function setPinCommand(pepper: string): Command<SetPin, { personId: string }> {
  return defineCommand({
    name: "person.set_pin",
    input: SetPin,
    allow,
    fingerprint: ({ personId }) => ({ personId }),
    run: async (context, { personId, pin }) => {
      await lockPerson(context.tx, personId);
      const row = { hash: await hashPin(pin, pepper), setAt: new Date(context.now) };
      await context.tx
        .insert(personPin)
        .values({ personId, ...row })
        .onConflictDoUpdate({ target: personPin.personId, set: row });
      await context.tx.delete(badgeSession).where(eq(badgeSession.personId, personId));
      context.audit({ action: "person.set_pin", objectType: "person", objectId: personId });
      context.publish(personChanged, "plant", { personId });
      return { personId };
    },
  });
}

/** Sets a password and ends the person's sessions elsewhere. */
export const setPassword = defineCommand({
  name: "person.set_password",
  input: SetPassword,
  allow,
  fingerprint: ({ personId }) => ({ personId }),
  run: async (context, { personId, password }) => {
    const { tx } = context;
    await lockPerson(tx, personId);
    const row = { password: await hashPassword(password), updatedAt: new Date(context.now) };
    await tx
      .insert(credential)
      .values({
        accountId: personId,
        providerId: "credential",
        userId: personId,
        createdAt: new Date(context.now),
        ...row,
      })
      .onConflictDoUpdate({ target: [credential.providerId, credential.accountId], set: row });
    await tx.delete(userSession).where(eq(userSession.userId, personId));
    context.audit({ action: "person.set_password", objectType: "person", objectId: personId });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

type SetPin = { personId: string; pin: string };

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

function isAdministrator(one: { roles: readonly string[]; active: boolean }): boolean {
  return one.active && one.roles.includes("administrator");
}

async function lockPerson(tx: Tx, personId: string): Promise<typeof person.$inferSelect> {
  const [row] = await tx.select().from(person).where(eq(person.id, personId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "personId");
  return row;
}

/** A house without an administrator cannot be opened again. The lock makes two who leave at once take turns. */
async function refuseLastAdministrator(tx: Tx, personId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(7304)`);
  const others = await tx
    .select({ id: person.id })
    .from(person)
    .where(
      and(eq(person.active, true), ne(person.id, personId), arrayContains(person.roles, ["administrator"])),
    )
    .limit(1);
  if (others.length === 0) throw new Refusal("last_administrator");
}

async function endSessionsOf(tx: Tx, personId: string): Promise<void> {
  await tx.delete(badgeSession).where(eq(badgeSession.personId, personId));
  await tx.delete(userSession).where(eq(userSession.userId, personId));
}
