import { asc, eq, inArray } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { personSkill, skill } from "#db/schema/execution/people.ts";
import type { PersonSkill, SkillView } from "./skills.contract.ts";

/** The plant's skills by name, those that were put away too. */
export function listSkills(db: Db | Tx): Promise<SkillView[]> {
  return db.select().from(skill).orderBy(asc(skill.name), asc(skill.id));
}

/** What these people can do, by skill; who can do nothing special is not in it. */
export async function skillsOf(
  db: Db | Tx,
  personIds: readonly string[],
): Promise<Map<string, PersonSkill[]>> {
  const found = new Map<string, PersonSkill[]>();
  if (personIds.length === 0) return found;
  const rows = await db
    .select({ row: personSkill, name: skill.name })
    .from(personSkill)
    .innerJoin(skill, eq(skill.id, personSkill.skillId))
    .where(inArray(personSkill.personId, [...personIds]))
    .orderBy(asc(skill.name), asc(skill.id));
  for (const { row, name } of rows) {
    const { personId, skillId, since, expiresOn } = row;
    found.set(personId, [...(found.get(personId) ?? []), { skillId, name, since, expiresOn }]);
  }
  return found;
}
