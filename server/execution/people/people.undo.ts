import { and, eq } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { person, personSkill, skill } from "#db/schema/execution/people.ts";
import type { CommandContext } from "#server/core/command.ts";
import type { Change } from "#server/core/history.rules.ts";
import { defineUndo, type Undoer } from "#server/core/undo.ts";
import { changePerson } from "./people.commands.ts";
import { changeSkill, giveSkill, takeSkill } from "./skills.commands.ts";
import { skillOfField } from "./skills.rules.ts";

const allow = "people.manage";

async function lockSkills(tx: Tx, change: Change) {
  const [known] = await tx.select().from(person).where(eq(person.id, change.objectId)).for("update");
  if (known === undefined) return null;
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(change.after)) {
    const skillId = skillOfField(name);
    if (skillId === null) continue;
    const [row] = await tx
      .select({ since: personSkill.since, expiresOn: personSkill.expiresOn })
      .from(personSkill)
      .where(and(eq(personSkill.personId, change.objectId), eq(personSkill.skillId, skillId)));
    fields[name] = row ?? null;
  }
  return fields;
}

async function putBackSkills(context: CommandContext, change: Change): Promise<void> {
  const personId = change.objectId;
  for (const name of Object.keys(change.after)) {
    const skillId = skillOfField(name);
    if (skillId === null) continue;
    const held = change.before[name];
    if (held === null || held === undefined) await takeSkill.part(context, { personId, skillId });
    else await giveSkill.part(context, { personId, skillId, ...held });
  }
}

/** How changes of people and their skills are taken back. A blocked badge is not: it is given anew. */
export const peopleUndoers: readonly Undoer[] = [
  defineUndo({
    action: "person.change",
    objectType: "person",
    allow,
    lock: async (tx, { objectId }) => {
      const [row] = await tx.select().from(person).where(eq(person.id, objectId)).for("update");
      return row ?? null;
    },
    run: (context, { objectId, before }) => changePerson.part(context, { personId: objectId, ...before }),
  }),
  defineUndo({
    action: "person.give_skill",
    objectType: "person",
    allow,
    lock: lockSkills,
    run: putBackSkills,
  }),
  defineUndo({
    action: "person.take_skill",
    objectType: "person",
    allow,
    lock: lockSkills,
    run: putBackSkills,
  }),
  defineUndo({
    action: "skill.change",
    objectType: "skill",
    allow,
    lock: async (tx, { objectId }) => {
      const [row] = await tx
        .select()
        .from(skill)
        .where(eq(skill.id, Number(objectId)))
        .for("update");
      return row ?? null;
    },
    run: (context, { objectId, before }) =>
      changeSkill.part(context, { skillId: Number(objectId), ...before }),
  }),
];
