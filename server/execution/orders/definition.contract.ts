import { z } from "zod";
import { BillLine } from "./bill.contract.ts";
import { ProductView } from "./products.contract.ts";
import { RoutingView } from "./routing.contract.ts";

/** How a product is made and of what (ISA-95 operations definition), with what held earlier. */
export const DefinitionView = ProductView.extend({
  /** The newest version first. */
  routings: z.array(RoutingView),
  /** By component, what holds last first. */
  bill: z.array(BillLine),
  /** Products that hold this one now. */
  usedIn: z.array(z.object({ productId: z.uuid(), code: z.string(), name: z.string() })),
});
export type DefinitionView = z.infer<typeof DefinitionView>;

/** A product as a list names it: what is said of it now. */
export const ProductSummary = z.object({
  id: z.uuid(),
  code: z.string(),
  name: z.string(),
  /** Null = nobody said by which operations it is made. */
  routingVersion: z.number().int().nullable(),
  operations: z.array(z.string()),
  components: z.array(z.string()),
  /** Machines that have a standard cycle for it. */
  machines: z.array(z.string()),
});
export type ProductSummary = z.infer<typeof ProductSummary>;

export const copied = ["standards", "routing", "bill"] as const;

/** Says of a product, from now on, what holds of another one now. */
export const CopyProduct = z.object({
  productId: z.uuid(),
  /** Whose data are taken. */
  sourceId: z.uuid(),
  what: z.array(z.enum(copied)).min(1).max(3),
});
