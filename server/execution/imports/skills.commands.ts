import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { person, personSkill, skill } from "#db/schema/execution/people.ts";
import { codeOf } from "#server/core/code-of.rules.ts";
import type { CommandContext } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { addSkill, giveSkill } from "../people/skills.commands.ts";
import { AddSkill, GiveSkill } from "../people/skills.contract.ts";
import { asDay, asText } from "./cells.rules.ts";
import { defineImporter, oneByOne, type Outcome } from "./importer.ts";
import { namedBy } from "./names.ts";

const Row = z.object({
  person: z.string(),
  /** Code or name; one that is not known is made. */
  skill: AddSkill.shape.name,
  since: z.string().nullish(),
  expiresOn: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

/** What people can do, with the last day on which it counts. A skill that is not in the file stays. */
export const skillsImporter = defineImporter<Row>({
  columns: [
    { name: "person", read: asText, needed: true },
    { name: "skill", read: asText, needed: true },
    { name: "since", read: asDay },
    { name: "expiresOn", read: asDay },
  ],
  schema: Row,
  maxRows: 20_000,
  example: ["ada", "Tool change", "2026-03-01", "2028-02-29"],
  once: [{ column: "skill", of: ({ person: who, skill: what }) => [`${who} ${what}`] }],
  store: oneByOne(
    () => Promise.resolve(null),
    (context, [row]) => storeSkill(context, row as Row),
  ),
});

async function storeSkill(context: CommandContext, row: Row): Promise<Outcome> {
  const { tx } = context;
  const [who] = await tx.select().from(person).where(eq(person.code, row.person));
  if (who?.active !== true) throw new Refusal("name_unknown", { value: row.person }, "person");
  const skillId = await skillCalled(context, row.skill);
  const [before] = await tx
    .select()
    .from(personSkill)
    .where(and(eq(personSkill.personId, who.id), eq(personSkill.skillId, skillId)));
  const since = row.since ?? before?.since;
  // A column that the file lacks says nothing; an empty cell says "for good".
  const expiresOn = row.expiresOn === undefined ? (before?.expiresOn ?? null) : row.expiresOn;
  if (before !== undefined && before.since === since && before.expiresOn === expiresOn) return "same";
  await giveSkill.part(context, GiveSkill.parse({ personId: who.id, skillId, since, expiresOn }));
  return before === undefined ? "added" : "changed";
}

async function skillCalled(context: CommandContext, text: string): Promise<number> {
  const known = await context.tx.select({ id: skill.id, code: skill.code, name: skill.name }).from(skill);
  try {
    return namedBy(known)(text, "skill");
  } catch (error) {
    if (!(error instanceof Refusal) || known.some(({ name }) => name === text)) throw error;
    const codes = known.map(({ code }) => code);
    return (await addSkill.part(context, { code: codeOf(text, "skill", codes), name: text })).skillId;
  }
}
