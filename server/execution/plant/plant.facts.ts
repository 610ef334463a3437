import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** The equipment tree has changed: the site, a line, or a machine and its limits. Scope `plant`. */
export const plantChanged = defineFact("plant.changed", z.object({ machineId: z.number().int().nullable() }));
