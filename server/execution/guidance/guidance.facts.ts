import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** A step passed or a run began or ended. Scope `machine:<id>`. */
export const instructionChanged = defineFact(
  "instruction.changed",
  z.object({
    runId: z.uuid(),
    machineId: z.number().int(),
    alarmId: z.uuid().nullable(),
    state: z.enum(["running", "done", "abandoned"]),
    current: z.number().int(),
  }),
);
