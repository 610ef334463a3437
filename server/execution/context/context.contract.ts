import { z } from "zod";
import { LotRef } from "../orders/orders.contract.ts";

/** What ran on one position of a machine over one stretch of source time. An oven has several at once. */
export const ContextBand = z.object({
  start: z.number(),
  end: z.number().nullable(),
  position: z.number().int(),
  runId: z.uuid(),
  jobId: z.uuid(),
  operation: z.string(),
  orderId: z.uuid(),
  orderCode: z.string(),
  productId: z.uuid(),
  productCode: z.string(),
  productName: z.string(),
  /** Lots with the part of the band in which they were in or came out. */
  lots: z.array(LotRef.extend({ start: z.number().nullable(), end: z.number().nullable() })),
});
export type ContextBand = z.infer<typeof ContextBand>;
