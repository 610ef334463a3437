import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

/** The list is the plant's own and closed: a skill is chosen, never typed. */
export const AddSkill = z.object({ code: codeText(40), name: plainText(80) });
/** What is left out stays. One that is put away is given to nobody more. */
export const ChangeSkill = z.object({
  skillId: rowId(),
  name: plainText(80).optional(),
  active: z.boolean().optional(),
});
/** Gives a skill, or says its days anew. Days are the plant's. */
export const GiveSkill = z.object({
  personId: z.uuid(),
  skillId: rowId(),
  /** The day it was proven; left out = today. */
  since: z.iso.date().optional(),
  /** The last day on which it counts; null = for good. */
  expiresOn: z.iso.date().nullable().default(null),
});
export const TakeSkill = z.object({ personId: z.uuid(), skillId: rowId() });

export const SkillView = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  active: z.boolean(),
});
export type SkillView = z.infer<typeof SkillView>;

export const PersonSkill = z.object({
  skillId: z.number().int(),
  name: z.string(),
  since: z.string(),
  expiresOn: z.string().nullable(),
});
export type PersonSkill = z.infer<typeof PersonSkill>;
