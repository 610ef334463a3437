import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

/** B2MML dispositions; a quality hold is `restricted` with a reason of its own. */
const dispositions = ["planned", "in_process", "restricted", "unrestricted", "closed"] as const;

export const LotView = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  unit: z.string().nullable(),
  quantity: z.number(),
  disposition: z.enum(dispositions),
  location: z.string().nullable(),
  /** Why it is on hold, by whom it was put there, and since when. */
  hold: z.object({ reason: z.string(), by: z.string(), at: z.number() }).nullable(),
});
export type LotView = z.infer<typeof LotView>;

export const HoldLot = z.object({
  lotId: z.uuid(),
  reason: plainText(500),
  /** Also everything made from it, however far down. */
  descendants: z.boolean().default(true),
});
export type HoldLot = z.infer<typeof HoldLot>;

export const ReleaseLot = z.object({ lotId: z.uuid(), reason: plainText(500) });
export type ReleaseLot = z.infer<typeof ReleaseLot>;

/** Puts a material lot on a running job; the lot of the same material that was on it comes off. */
export const LoadLot = z.object({
  machineId: rowId(),
  position: z.number().int().min(1).default(1),
  lotId: z.uuid(),
  at: instant().optional(),
});
export type LoadLot = z.infer<typeof LoadLot>;

/** Goods that came in: a new lot of a material. */
export const ReceiveLot = z.object({
  code: codeText(40),
  materialId: z.uuid(),
  quantity: z.number().positive(),
  location: plainText(60).optional(),
});
export type ReceiveLot = z.infer<typeof ReceiveLot>;
