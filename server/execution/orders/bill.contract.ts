import { z } from "zod";
import { instant } from "#server/core/number.contract.ts";

/**
 * What one part of a product holds of a material (in its unit) or of another product (in pieces), from a time on;
 * 0 = none of it. `from` left out = from now on, or always where nothing was said before.
 */
export const SetBill = z
  .object({
    productId: z.uuid(),
    materialId: z.uuid().optional(),
    componentId: z.uuid().optional(),
    perPart: z.number().min(0).max(1e9),
    /** Planned on top of it, in percent: what is lost on the way into the part. */
    scrapPercent: z.number().min(0).max(100).default(0),
    from: instant().optional(),
  })
  .refine(({ materialId, componentId }) => (materialId === undefined) !== (componentId === undefined), {
    message: "a material or a product",
    path: ["materialId"],
  });
export type SetBill = z.infer<typeof SetBill>;

export const BillLine = z.object({
  materialId: z.uuid().nullable(),
  componentId: z.uuid().nullable(),
  code: z.string(),
  name: z.string(),
  /** Null = pieces of a product. */
  unit: z.string().nullable(),
  perPart: z.number(),
  scrapPercent: z.number(),
  from: z.number().nullable(),
  to: z.number().nullable(),
});
export type BillLine = z.infer<typeof BillLine>;
