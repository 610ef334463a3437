import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";

/** Another material lot is on a machine from `at` on. Scope `machine:<id>`. */
export const lotLoaded = defineFact(
  "lot.loaded",
  z.object({
    machineId: z.number().int(),
    position: z.number().int(),
    lotId: z.uuid(),
    runId: z.uuid(),
    at: z.number(),
  }),
);
/** Scope `plant`; `machineIds` = where such a lot is on a machine now. */
export const lotHeld = defineFact(
  "lot.held",
  z.object({ lotIds: z.array(z.uuid()), reason: z.string(), machineIds: z.array(z.number().int()) }),
);
export const lotReleased = defineFact(
  "lot.released",
  z.object({ lotIds: z.array(z.uuid()), reason: z.string() }),
);
/** Scope `plant`. */
export const lotReceived = defineFact("lot.received", z.object({ lotId: z.uuid() }));
/** A material is new, or what a product needs of it. Scope `plant`. */
export const materialChanged = defineFact("material.changed", z.object({ materialId: z.uuid() }));
