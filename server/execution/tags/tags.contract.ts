import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";
import { tagMeanings } from "#server/device/tag.contract.ts";
import { EdgeTag, Reflex } from "#server/edge/document.contract.ts";

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
  writable: z.boolean(),
  enabled: z.boolean(),
});
export type TagView = z.infer<typeof TagView>;

export const SourceView = z.object({
  id: z.number().int(),
  edgeId: z.number().int(),
  edgeCode: z.string(),
  code: z.string(),
  driver: z.string(),
  enabled: z.boolean(),
  tags: z.number().int(),
  /** Metrics that were seen and that no tag names yet. */
  discovered: z.number().int(),
});
export type SourceView = z.infer<typeof SourceView>;

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

export const AddSource = z.object({
  edgeId: Id,
  code: codeText(),
  driver: z.enum(["sparkplug", "socketio", "mqtt", "modbus", "replay"]),
  config: z.record(z.string().max(64), z.unknown()).default({}),
});

const TagSettings = z.object({
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
  enabled: z.boolean(),
});

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

/** A stop names who judged its risk; without that an edge reports and nothing else. */
export const SetReflex = z
  .object({
    reflexId: z.uuid().optional(),
    machineId: Id,
    tagId: Id,
    condition: Reflex.shape.condition,
    action: Reflex.shape.action.default("report"),
    stop: Reflex.shape.stop.default(null),
    riskAssessment: z.string().max(200).nullable().default(null),
    enabled: z.boolean().default(true),
  })
  .refine(
    (given) => given.action !== "request_stop" || (given.stop !== null && given.riskAssessment !== null),
    {
      message: "a stop needs what to write and a named risk assessment",
      path: ["riskAssessment"],
    },
  );
