import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

export const AddStopReason = z.object({
  name: plainText(60),
  /** Kind of machine that offers it; null = every kind. */
  machineKind: codeText().nullable().default(null),
  /** The branch under which it stands; null = under none. */
  groupId: rowId().nullable().default(null),
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
  groupId: rowId().nullable().optional(),
  machineKind: codeText().nullable().optional(),
  planned: z.boolean().optional(),
  changeover: z.boolean().optional(),
});

export const StopReasonRecord = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  groupId: z.number().int().nullable(),
  machineKind: z.string().nullable(),
  active: z.boolean(),
  planned: z.boolean(),
  changeover: z.boolean(),
});
export type StopReasonRecord = z.infer<typeof StopReasonRecord>;

export const AddReasonGroup = z.object({ name: plainText(40) });
export const ChangeReasonGroup = z.object({ groupId: rowId(), name: plainText(40) });
/** @property to place among the groups, the first is 0; beyond the last = the last */
export const MoveReasonGroup = z.object({ groupId: rowId(), to: z.number().int().min(0).max(1000) });
export const RemoveReasonGroup = z.object({ groupId: rowId() });

export const ReasonGroup = z.object({
  id: z.number().int(),
  /** Demo groups also have messages under `stopReasonGroup.<code>`. */
  code: z.string(),
  name: z.string(),
});
export type ReasonGroup = z.infer<typeof ReasonGroup>;

/** The whole tree: groups in their order, reasons by name, and the kinds of machines there are. */
export const ReasonTree = z.object({
  groups: z.array(ReasonGroup),
  reasons: z.array(StopReasonRecord),
  kinds: z.array(z.string()),
});
export type ReasonTree = z.infer<typeof ReasonTree>;

/** What a reason was given for in a period. */
export const ReasonUse = z.object({
  /** Null = stops, or parts of them, of which nobody said why. */
  reasonId: z.number().int().nullable(),
  stops: z.number().int(),
  ms: z.number(),
});
export type ReasonUse = z.infer<typeof ReasonUse>;

/** The time over which use is shown, ms. */
export const useSpanMs = 30 * 86_400_000;
