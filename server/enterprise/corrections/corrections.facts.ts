import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Somebody corrected what was recorded. Scope `plant` and `machine:<id>`. */
export const correctionSaved = defineFact(
  "correction.saved",
  z.object({ correctionId: z.uuid(), machineId: z.number().int() }),
);
