import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Tags, sources or reflexes changed: edges get a new document. */
export const tagsChanged = defineFact("tags.changed", z.object({ edgeIds: z.array(z.number().int()) }));
