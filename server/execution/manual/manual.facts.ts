import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Somebody counted parts by hand. Scope `machine:<id>`. */
export const countReported = defineFact(
  "count.reported",
  z.object({ machineId: z.number().int(), good: z.number(), scrap: z.number() }),
);
