import { z } from "zod";
import { defineFact } from "#server/core/facts.ts";
import { DeviationKind } from "./detection.contract.ts";

const DeviationFact = z.object({
  deviationId: z.uuid(),
  ruleId: z.number().int(),
  kind: DeviationKind,
  machineId: z.number().int(),
  /** Source time, ms. */
  at: z.number(),
});

/** Scope of all: `machine:<id>`. */
export const deviationOpened = defineFact("deviation.opened", DeviationFact);
/** Still open; its newest statistic or its likely cause is another one. At most one per some windows. */
export const deviationChanged = defineFact("deviation.changed", DeviationFact);
export const deviationCleared = defineFact("deviation.cleared", DeviationFact);
/** A rule's authority, switch or record is another one. */
export const ruleChanged = defineFact("rule.changed", z.object({ ruleId: z.number().int() }));
