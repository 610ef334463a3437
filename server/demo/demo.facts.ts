import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Another step of a story, or its end. Scope `plant`. */
export const storyTold = defineFact("demo.storyTold", z.object({ playing: z.boolean() }));
