import { z } from "zod";

export const PartHealth = z.object({
  ok: z.boolean(),
  /** Figures of the part: lag, queue depth, sizes, ages in ms. */
  figures: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
});
export type PartHealth = z.infer<typeof PartHealth>;

export const HealthView = z.object({
  /** `degraded`: something does not work, the rest does. */
  status: z.enum(["ok", "degraded"]),
  now: z.number(),
  uptimeMs: z.number(),
  versions: z.record(z.string(), z.string()),
  parts: z.record(z.string(), PartHealth),
});
export type HealthView = z.infer<typeof HealthView>;
