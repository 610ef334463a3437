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

/** Goods that came in: a new lot of a material, or of a product that is bought. Its number is unique for that. */
export const ReceiveLot = z
  .object({
    code: codeText(40),
    materialId: z.uuid().optional(),
    productId: z.uuid().optional(),
    quantity: z.number().positive().max(1e12),
    supplierLot: plainText(60).optional(),
    /** When it came in, if not now. */
    receivedAt: instant().optional(),
    /** The last day on which it may be used, on the plant's calendar. */
    expiresOn: z.iso.date().optional(),
    location: plainText(60).optional(),
  })
  .refine(({ materialId, productId }) => (materialId === undefined) !== (productId === undefined), {
    message: "a material or a product",
    path: ["materialId"],
  });
export type ReceiveLot = z.infer<typeof ReceiveLot>;

export const AddMaterial = z.object({ code: codeText(40), name: plainText(80), unit: plainText(12) });

export const MaterialView = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  unit: z.string(),
  /** Products that need it, with how much a part. */
  bill: z.array(z.object({ productId: z.uuid(), productCode: z.string(), perPart: z.number() })),
});
export type MaterialView = z.infer<typeof MaterialView>;

/** A lot with where it went: each run that stands and had it, and how much that used. */
export const LotStock = LotView.extend({
  materialId: z.uuid().nullable(),
  productId: z.uuid().nullable(),
  received: z.number(),
  supplierLot: z.string().nullable(),
  receivedAt: z.number().nullable(),
  expiresOn: z.string().nullable(),
  uses: z.array(
    z.object({
      runId: z.uuid(),
      orderId: z.uuid(),
      orderCode: z.string(),
      machineCode: z.string(),
      role: z.enum(["in", "out"]),
      start: z.number(),
      /** Null = it is on the machine now. */
      end: z.number().nullable(),
      /** What the run used of it, so far where it still runs; null = the product needs none of it. */
      quantity: z.number().nullable(),
    }),
  ),
});
export type LotStock = z.infer<typeof LotStock>;
