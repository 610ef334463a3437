import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** The list of skills is another one. Scope `plant`. */
export const skillsChanged = defineFact("skill.changed", z.object({ skillId: z.number().int() }));
