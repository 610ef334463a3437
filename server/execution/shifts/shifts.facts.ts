import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

const ShiftAt = z.object({
  shiftId: z.number().int(),
  lineId: z.number().int(),
  name: z.string(),
  start: z.number(),
  end: z.number(),
});

/** Shifts of a line that are to come are other ones than before. Scope `line:<id>`. */
export const shiftPatternChanged = defineFact("shift.patternChanged", z.object({ lineId: z.number().int() }));

/** Scope `line:<id>`. */
export const shiftStarted = defineFact("shift.started", ShiftAt);
export const shiftEnded = defineFact("shift.ended", ShiftAt);
