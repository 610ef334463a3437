import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

const ShiftAt = z.object({
  shiftId: z.number().int(),
  lineId: z.number().int(),
  name: z.string(),
  start: z.number(),
  end: z.number(),
});

/** Scope `line:<id>`. */
export const shiftStarted = defineFact("shift.started", ShiftAt);
export const shiftEnded = defineFact("shift.ended", ShiftAt);
