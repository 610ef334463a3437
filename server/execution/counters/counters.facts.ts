import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Live only, at most once per bucket of ten seconds and machine: the counts went on. Scope `machine:<id>`. */
export const countsChanged = defineFact(
  "machine.countsChanged",
  z.object({ machineId: z.number().int(), good: z.number(), scrap: z.number(), until: z.number() }),
);
