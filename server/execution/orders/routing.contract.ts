import { z } from "zod";
import { instant, rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

/** ISA-95 operations segment: one step of how a product is made. */
export const Operation = z.object({
  sequence: z.number().int().min(1).max(9999),
  /** Unique in its product: tools and jobs name it by this, in every version. */
  name: plainText(60),
  /** Any machine of this kind can run it; null = only those that are named. */
  machineKind: codeText().nullable().default(null),
  machineIds: z.array(rowId()).max(50).default([]),
  /** How long it takes to set a machine up for it. */
  setupMs: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400_000)
    .default(0),
  /** What somebody must be able to do; null = nothing special. */
  skillId: rowId().nullable().default(null),
});
export type Operation = z.infer<typeof Operation>;

/**
 * Says how a product is made from a time on, as a whole: a new version. An order keeps the version it was made with.
 * `from` left out = from now on, or always where nothing was said before.
 */
export const SetRouting = z.object({
  productId: z.uuid(),
  operations: z.array(Operation).min(1).max(50),
  from: instant().optional(),
});
export type SetRouting = z.infer<typeof SetRouting>;

/** An operation as it is shown: with the machines that can run it now, and the tools that fit. */
export const OperationView = Operation.extend({
  machines: z.array(z.object({ id: z.number().int(), name: z.string() })),
  skill: z.string().nullable(),
  tools: z.array(z.object({ id: z.uuid(), serial: z.string(), name: z.string() })),
});
export type OperationView = z.infer<typeof OperationView>;

export const RoutingView = z.object({
  id: z.number().int(),
  version: z.number().int(),
  from: z.number().nullable(),
  to: z.number().nullable(),
  /** Another one took its place before it ever held. */
  replaced: z.boolean(),
  /** Orders that are made by it and not yet done. */
  openOrders: z.number().int(),
  operations: z.array(OperationView),
});
export type RoutingView = z.infer<typeof RoutingView>;
