import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

const Record = z.object({
  machineId: z.number().int(),
  shiftId: z.number().int(),
  version: z.number().int(),
});

/** The record of an ended shift stands. Scope `machine:<id>`. */
export const oeeClosed = defineFact("oee.closed", Record);
/** A closed record got a newer version; the old one is kept. Scope `machine:<id>`. */
export const oeeRestated = defineFact("oee.restated", Record);
