import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** A tool is another one, elsewhere, or was maintained. Scope `plant`. */
export const toolChanged = defineFact("tool.changed", z.object({ toolId: z.uuid() }));
/** Another tool is on a machine from `at` on. Scope `machine:<id>`. */
export const toolMounted = defineFact(
  "tool.mounted",
  z.object({ machineId: z.number().int(), toolId: z.uuid(), mounted: z.boolean(), at: z.number() }),
);
