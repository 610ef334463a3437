import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

/** A machine offers at most so many reasons: more are not read by somebody who stands before a stopped machine. */
export const mostReasons = 25;

export const AddStopReason = z.object({
  name: plainText(60),
  /** Kind of machine that offers it; null = every kind. */
  machineKind: codeText().nullable().default(null),
  /** Taken out of planned busy time (ISO 22400: planned down time). */
  planned: z.boolean().default(false),
  /** Counted as set-up time, not as delay. */
  changeover: z.boolean().default(false),
});
export type AddStopReason = z.infer<typeof AddStopReason>;

/** What is left out stays. How a reason counts changes from now on; what was told before keeps its meaning. */
export const ChangeStopReason = z.object({
  reasonId: rowId(),
  name: plainText(60).optional(),
  active: z.boolean().optional(),
  planned: z.boolean().optional(),
  changeover: z.boolean().optional(),
});

export const StopReasonRecord = z.object({
  id: z.number().int(),
  name: z.string(),
  machineKind: z.string().nullable(),
  active: z.boolean(),
  planned: z.boolean(),
  changeover: z.boolean(),
});
export type StopReasonRecord = z.infer<typeof StopReasonRecord>;
