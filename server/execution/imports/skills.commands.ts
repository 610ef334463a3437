import { and, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import { personBadge } from "#db/schema/core/auth.ts";
import { person, personSkill } from "#db/schema/execution/people.ts";
import type { CommandContext } from "#server/core/command.ts";
import { giveSkill } from "../people/skills.commands.ts";
import { asDay, asText } from "./cells.rules.ts";
import { defineImporter, ofRow, oneByOne, type Outcome } from "./importer.ts";
import { type Named, namedBy, skillsNamed } from "./names.ts";

const Row = z.object({
  /** Code, badge, or a name that only one has. */
  person: z.string(),
  skill: z.string(),
  since: z.string().nullish(),
  until: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

interface Known {
  readonly people: Named<string>;
  readonly skills: Named<number>;
}

/** What people can do, and until when. The skills themselves are the plant's closed list: a file makes none. */
export const skillsImporter = defineImporter<Row>({
  columns: [
    { name: "person", read: asText, needed: true },
    { name: "skill", read: asText, needed: true },
    { name: "since", read: asDay },
    { name: "until", read: asDay },
  ],
  schema: Row,
  maxRows: 10_000,
  example: ["ada", "crane", "2026-01-15", "2028-01-14"],
  once: [{ column: "skill", of: (row) => [`${row.person} ${row.skill}`] }],
  store: oneByOne(
    async ({ tx }): Promise<Known> => {
      const people = namedBy(await tx.select().from(person).where(eq(person.active, true)));
      const badges = await tx
        .select({ badge: personBadge.badge, id: personBadge.personId })
        .from(personBadge)
        .where(isNull(personBadge.takenAt));
      const byBadge = new Map(badges.map(({ badge, id }) => [badge, id]));
      return {
        people: (text, column) => {
          try {
            return people(text, column);
          } catch (error) {
            const id = byBadge.get(text);
            if (id === undefined) throw error;
            return id;
          }
        },
        skills: await skillsNamed(tx),
      };
    },
    (context, [row], known) =>
      ofRow(0, { expiresOn: "until", skillId: "skill" }, () => storeSkill(context, row as Row, known)),
  ),
});

async function storeSkill(context: CommandContext, row: Row, known: Known): Promise<Outcome> {
  const { tx } = context;
  const personId = known.people(row.person, "person");
  const skillId = known.skills(row.skill, "skill");
  const [before] = await tx
    .select()
    .from(personSkill)
    .where(and(eq(personSkill.personId, personId), eq(personSkill.skillId, skillId)));
  const since = row.since ?? before?.since;
  // A file without the column says nothing of it; an empty cell says: for good.
  const expiresOn = row.until === undefined ? (before?.expiresOn ?? null) : row.until;
  if (before?.since === since && before?.expiresOn === expiresOn) return "same";
  await giveSkill.part(context, { personId, skillId, ...(since === undefined ? {} : { since }), expiresOn });
  return before === undefined ? "added" : "changed";
}
