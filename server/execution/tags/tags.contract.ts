import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { plainText } from "#server/core/text.contract.ts";
import { tagMeanings } from "#server/device/tag.contract.ts";
import { EdgeTag } from "#server/edge/document.contract.ts";

const Id = rowId();

/** A tag as lists and live tiles need it: its id is what a screen watches. */
export const TagView = z.object({
  id: z.number().int(),
  machineId: z.number().int(),
  machineCode: z.string(),
  sourceCode: z.string(),
  metric: z.string(),
  name: z.string(),
  meaning: z.enum(tagMeanings),
  datatype: z.enum(["number", "text", "boolean"]),
  unit: z.string().nullable(),
  decimals: z.number().int(),
  /** Physically possible range; outside it a reading is a dead letter. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  normalLow: z.number().nullable(),
  normalHigh: z.number().nullable(),
  /** Longest time between two stored readings, ms. */
  maxSilenceMs: z.number(),
  /** How often it is expected, ms: stale after max(3 × this, 5 s). */
  expectedMs: z.number(),
  aggregateMs: z.number().nullable(),
  scale: z.number(),
  shift: z.number(),
  deadband: z.number(),
  modulus: z.number().nullable(),
  words: z.record(z.string(), z.string()).nullable(),
  /** Name of the template it follows, and which settings no longer do. */
  template: z.string().nullable(),
  overrides: z.array(z.string()),
  writable: z.boolean(),
  enabled: z.boolean(),
});
export type TagView = z.infer<typeof TagView>;

export const DiscoveredMetricView = z.object({
  id: z.number().int(),
  sourceId: z.number().int(),
  sourceCode: z.string(),
  metric: z.string(),
  datatype: z.enum(["number", "text", "boolean"]),
  unit: z.string().nullable(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  state: z.enum(["new", "mapped", "ignored"]),
});
export type DiscoveredMetricView = z.infer<typeof DiscoveredMetricView>;

export const TagSettings = z.object({
  name: plainText(),
  meaning: z.enum(tagMeanings),
  unit: z.string().max(32).nullable(),
  decimals: z.number().int().min(0).max(9),
  scale: z.number().refine((scale) => scale !== 0, "a scale of 0 loses the value"),
  shift: z.number(),
  deadband: z.number().min(0),
  maxSilenceMs: z.number().int().min(100).max(86_400_000),
  expectedMs: z.number().int().min(1).max(86_400_000),
  aggregateMs: z.number().int().min(100).max(60_000).nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  writable: EdgeTag.shape.writable,
  /** What each value means where the machine says a code and not a word, e.g. `{"3": "running"}`. */
  words: z.record(z.string().min(1).max(64), z.string().min(1).max(64)).nullable(),
  normalLow: z.number().nullable(),
  normalHigh: z.number().nullable(),
  /** Where a counter rolls over, e.g. 65536; null = it only resets. */
  modulus: z.number().positive().nullable(),
  enabled: z.boolean(),
});
export type TagSettings = z.infer<typeof TagSettings>;

export const AddTag = TagSettings.partial()
  .required({ name: true, meaning: true })
  .extend({
    sourceId: Id,
    machineId: Id,
    metric: z.string().min(1).max(256),
    datatype: z.enum(["number", "text", "boolean"]),
  });

export const ChangeTag = TagSettings.partial().extend({ tagId: Id });

export const IgnoreMetric = z.object({ discoveredId: Id });
