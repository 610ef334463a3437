import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { Reflex } from "#server/edge/document.contract.ts";

const Id = rowId();

/** A reflex as people write it. Without a risk assessment that is named an edge reports and nothing else. */
export const ReflexDraft = z.object({
  machineId: Id,
  tagId: Id,
  condition: Reflex.shape.condition.extend({ forMs: z.number().int().min(0).max(3_600_000) }),
  action: Reflex.shape.action.default("report"),
  stop: Reflex.shape.stop.default(null),
  riskAssessment: z.string().trim().max(200).nullable().default(null),
});
export type ReflexDraft = z.infer<typeof ReflexDraft>;

export const SetReflex = ReflexDraft.extend({
  /** Left out = a new one. */
  reflexId: z.uuid().optional(),
  /** The version that was seen: another one in between is not written over. */
  version: z.number().int().optional(),
  enabled: z.boolean().default(true),
});

export const ReflexView = z.object({
  id: z.string(),
  version: z.number().int(),
  machineId: z.number().int(),
  machineCode: z.string(),
  machineName: z.string(),
  tagId: z.number().int(),
  tagName: z.string(),
  unit: z.string().nullable(),
  datatype: z.enum(["number", "text", "boolean"]),
  condition: Reflex.shape.condition,
  action: Reflex.shape.action,
  /** What the edge will really do: a stop without its assessment or its tag is a report. */
  acts: Reflex.shape.action,
  stop: z
    .object({
      tagId: z.number().int(),
      tagName: z.string(),
      value: z.union([z.number(), z.string(), z.boolean()]),
    })
    .nullable(),
  riskAssessment: z.string().nullable(),
  enabled: z.boolean(),
  /** When it last acted, ms; null = never. */
  lastAt: z.number().nullable(),
  /** How often it acted in the last 30 days. */
  times: z.number().int(),
});
export type ReflexView = z.infer<typeof ReflexView>;

/** The signed document of an edge, as it stands: what the edge does by itself, word for word. */
export const EdgeDocumentView = z.object({
  edgeId: z.number().int(),
  edgeCode: z.string(),
  edgeName: z.string(),
  /** Null = none was made yet: the edge was never here. */
  document: z
    .object({
      version: z.number().int(),
      issuedAt: z.number(),
      reflexes: z.array(Reflex),
      /** Ed25519, base64, and whether our own public key confirms it. */
      signature: z.string(),
      confirmed: z.boolean(),
    })
    .nullable(),
  /** The version that the edge works by; null = it is away. */
  held: z.number().int().nullable(),
});
export type EdgeDocumentView = z.infer<typeof EdgeDocumentView>;

/** A draft to be tried on what was stored. */
export const TryReflex = ReflexDraft.extend({ days: z.number().int().min(1).max(30).default(7) });

export const ReflexTrial = z.object({
  from: z.number(),
  to: z.number(),
  /** Readings that were looked at. */
  looked: z.number().int(),
  /** How often it would have acted. */
  times: z.number().int(),
  /** The newest of them, newest first; `clearedAt` null = it still would be raised. */
  episodes: z.array(
    z.object({
      raisedAt: z.number(),
      clearedAt: z.number().nullable(),
      value: z.union([z.number(), z.string(), z.boolean()]),
    }),
  ),
  /** More readings than are looked at: the oldest were left out, `from` says until where. */
  cut: z.boolean(),
});
export type ReflexTrial = z.infer<typeof ReflexTrial>;
