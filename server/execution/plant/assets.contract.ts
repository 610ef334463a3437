import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";

/**
 * Says which physical machine stands at a place (ISA-95: the role and the physical asset apart). One that stands
 * elsewhere moves; one that was never named is made.
 */
export const PlaceAsset = z.object({
  machineId: rowId(),
  serial: plainText(60),
  /** Maker and model; needed for one that is not known yet. */
  name: plainText(80).optional(),
  /** Since when, ms; left out = now. */
  at: z.number().int().positive().optional(),
});

export const RemoveAsset = z.object({ machineId: rowId(), at: z.number().int().positive().optional() });

/** One physical machine at a place, `from` and `until` in ms. */
export const PlacedAsset = z.object({
  assetId: z.string(),
  serial: z.string(),
  name: z.string(),
  from: z.number().nullable(),
  /** Null = it stands there now. */
  until: z.number().nullable(),
});
export type PlacedAsset = z.infer<typeof PlacedAsset>;
