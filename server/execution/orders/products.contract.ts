import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

export const AddProduct = z.object({ code: codeText(40), name: plainText() });
export const ChangeProduct = z.object({ productId: z.uuid(), name: plainText() });

/**
 * How fast a machine ideally makes a product (ISO 22400 planned run time per item). `from` = since when it holds;
 * left out = from now on, or always where nothing was said before.
 */
export const SetStandardCycle = z.object({
  productId: z.uuid(),
  machineId: rowId(),
  /** One cycle, ms. */
  cycleMs: z.number().positive().max(86_400_000),
  /** Parts one cycle makes, e.g. open cavities. */
  partsPerCycle: z.number().int().min(1).max(10_000).default(1),
  from: instant().optional(),
});

export const StandardCycleView = z.object({
  machineId: z.number().int(),
  machineName: z.string(),
  cycleMs: z.number(),
  partsPerCycle: z.number().int(),
  /** Null = always. */
  from: z.number().nullable(),
  /** Null = until further notice. */
  to: z.number().nullable(),
});
export type StandardCycleView = z.infer<typeof StandardCycleView>;

export const ProductView = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  /** With what held earlier; newest first for each machine. */
  standards: z.array(StandardCycleView),
});
export type ProductView = z.infer<typeof ProductView>;
