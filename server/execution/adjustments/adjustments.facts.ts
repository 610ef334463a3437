import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";
import { AdjustmentState } from "./adjustments.contract.ts";

/** One step of an adjustment. Scope `machine:<id>`. */
export const adjustmentChanged = defineFact(
  "adjustment.changed",
  z.object({
    adjustmentId: z.uuid(),
    machineId: z.number().int(),
    tagId: z.number().int(),
    ruleId: z.number().int().nullable(),
    deviationId: z.uuid().nullable(),
    state: AdjustmentState,
    version: z.number().int(),
  }),
);

/** Automation of a machine was switched, or of one set-point suspended or resumed. Scope `machine:<id>`. */
export const automationChanged = defineFact(
  "automation.changed",
  z.object({
    machineId: z.number().int(),
    tagId: z.number().int().nullable(),
    on: z.boolean(),
  }),
);
