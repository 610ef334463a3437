import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { instant } from "#db/sql.ts";
import { person, personSkill, skill } from "#db/schema/execution/people.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { personChanged } from "./people.facts.ts";
import { skillField } from "./skills.rules.ts";
import { AddSkill, ChangeSkill, GiveSkill, TakeSkill } from "./skills.contract.ts";
import { skillsChanged } from "./skills.facts.ts";

const allow = () => ({ action: "people.manage" }) as const;

/** @throws Refusal already_taken @returns the new id */
export const addSkill = defineCommand({
  name: "skill.add",
  input: AddSkill,
  allow,
  run: async (context, input) => {
    const [row] = await context.tx
      .insert(skill)
      .values(input)
      .onConflictDoNothing()
      .returning({ id: skill.id });
    if (row === undefined) throw new Refusal("already_taken", { value: input.code }, "code");
    context.audit({ action: "skill.add", objectType: "skill", objectId: String(row.id), after: input });
    context.publish(skillsChanged, "plant", { skillId: row.id });
    return { skillId: row.id };
  },
});

/** Names a skill anew or puts it away; whoever has it keeps it. */
export const changeSkill = defineCommand({
  name: "skill.change",
  input: ChangeSkill,
  allow,
  run: async (context, { skillId, ...given }) => {
    const before = await lockSkill(context.tx, skillId);
    const { name = before.name, active = before.active } = given;
    await context.tx.update(skill).set({ name, active }).where(eq(skill.id, skillId));
    context.audit({
      action: "skill.change",
      objectType: "skill",
      objectId: String(skillId),
      before: { name: before.name, active: before.active },
      after: { name, active },
    });
    context.publish(skillsChanged, "plant", { skillId });
    return { skillId };
  },
});

/** Gives somebody a skill, or says anew until when it counts. @throws Refusal not_found, skill_retired, invalid */
export const giveSkill = defineCommand({
  name: "person.give_skill",
  input: GiveSkill,
  allow,
  run: async (context, { personId, skillId, since, expiresOn }) => {
    const { tx, now } = context;
    await lockPerson(tx, personId);
    const { active, name } = await lockSkill(tx, skillId);
    if (!active) throw new Refusal("skill_retired", { skill: name }, "skillId");
    const from = since ?? (await today(tx, now));
    if (expiresOn !== null && expiresOn < from)
      throw new Refusal("invalid", { problem: "over before it begins" }, "expiresOn");
    const mine = and(eq(personSkill.personId, personId), eq(personSkill.skillId, skillId));
    const [before] = await tx.select().from(personSkill).where(mine);
    const row = { since: from, expiresOn };
    await tx
      .insert(personSkill)
      .values({ personId, skillId, ...row })
      .onConflictDoUpdate({ target: [personSkill.personId, personSkill.skillId], set: row });
    context.audit({
      action: "person.give_skill",
      objectType: "person",
      objectId: personId,
      before: { [skillField(skillId)]: heldOf(before) },
      after: { [skillField(skillId)]: row },
    });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

export const takeSkill = defineCommand({
  name: "person.take_skill",
  input: TakeSkill,
  allow,
  run: async (context, { personId, skillId }) => {
    const { tx } = context;
    await lockPerson(tx, personId);
    await lockSkill(tx, skillId);
    const [before] = await tx
      .delete(personSkill)
      .where(and(eq(personSkill.personId, personId), eq(personSkill.skillId, skillId)))
      .returning();
    if (before === undefined) throw new Refusal("not_found", {}, "skillId");
    context.audit({
      action: "person.take_skill",
      objectType: "person",
      objectId: personId,
      before: { [skillField(skillId)]: heldOf(before) },
      after: { [skillField(skillId)]: null },
    });
    context.publish(personChanged, "plant", { personId });
    return { personId };
  },
});

const heldOf = (row: { since: string; expiresOn: string | null } | undefined) =>
  row === undefined ? null : { since: row.since, expiresOn: row.expiresOn };

async function lockPerson(tx: Tx, personId: string): Promise<void> {
  const [row] = await tx.select({ id: person.id }).from(person).where(eq(person.id, personId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "personId");
}

async function lockSkill(tx: Tx, skillId: number): Promise<typeof skill.$inferSelect> {
  const [row] = await tx.select().from(skill).where(eq(skill.id, skillId)).for("update");
  if (row === undefined) throw new Refusal("not_found", {}, "skillId");
  return row;
}

/** The plant's calendar day. */
async function today(tx: Tx, now: number): Promise<string> {
  const [row] = await tx.execute<{ day: string }>(sql`
    select (${instant(now)} at time zone coalesce(
      (select time_zone from equipment where level = 'site' order by id limit 1), 'UTC'))::date::text as day`);
  return row?.day ?? "";
}
