import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

export const SplitOrder = z.object({
  orderId: z.uuid(),
  /** Parts that move to the new order. */
  quantity: z.number().int().positive().max(10_000_000),
  /** Code of the new order. */
  code: codeText(40),
});

/** Puts a waiting job before another one in its machine's queue; null = at the end. */
export const PlaceJob = z.object({
  machineId: rowId(),
  jobId: z.uuid(),
  before: z.uuid().nullable(),
});

export const HoldOrder = z.object({ orderId: z.uuid(), reason: plainText(300) });
export const ReleaseOrder = z.object({ orderId: z.uuid(), reason: plainText(300).optional() });
/** A reason is asked for where fewer parts were made than asked for. */
export const CloseOrder = z.object({ orderId: z.uuid(), reason: plainText(300).optional() });
export const ReopenOrder = z.object({ orderId: z.uuid(), reason: plainText(300) });
export const CancelOrder = z.object({ orderId: z.uuid(), reason: plainText(300).optional() });
