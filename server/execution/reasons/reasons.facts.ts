import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Operators are offered other reasons, or one counts otherwise. Scope `plant`. */
export const reasonsChanged = defineFact("reason.changed", z.object({ reasonId: z.number().int() }));
