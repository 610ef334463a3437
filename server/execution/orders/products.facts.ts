import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Scope `plant`. */
export const productChanged = defineFact("product.changed", z.object({ productId: z.uuid() }));

/** Another standard holds on a machine from `from` on: what was counted since then is weighed anew. Scope `machine:<id>`. */
export const standardChanged = defineFact(
  "standard.changed",
  z.object({ productId: z.uuid(), machineId: z.number().int(), from: z.number() }),
);
