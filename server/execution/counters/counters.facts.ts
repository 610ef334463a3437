import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Live only, at most once per bucket of ten seconds and machine: parts were counted. Scope `machine:<id>`. */
export const countsChanged = defineFact(
  "machine.countsChanged",
  z.object({ machineId: z.number().int(), at: z.number() }),
);
