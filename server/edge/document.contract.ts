import { z } from "zod";
import { tagMeanings } from "#server/device/tag.contract.ts";

const Id = z.number().int().nonnegative();

export const EdgeTag = z.object({
  id: Id,
  sourceId: Id,
  machineId: Id,
  /** `(edge, lane)`: which stream of this edge carries the tag. */
  lane: z.number().int().min(0).max(63),
  metric: z.string(),
  meaning: z.enum(tagMeanings),
  datatype: z.enum(["number", "text", "boolean"]),
  unit: z.string().nullable(),
  scale: z.number(),
  shift: z.number(),
  /** Absolute change below which a reading is not stored again. 0 = every change; counters, states: always 0. */
  deadband: z.number(),
  /** Stored again after this silence even without a change, ms. */
  maxSilenceMs: z.number(),
  expectedMs: z.number(),
  /** Fast tags: one time-weighted mean per this many ms is stored. */
  aggregateMs: z.number().nullable(),
  /** Physically possible range; outside it is a dead letter. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** What each value means where the machine says a code and not a word, e.g. `{"3": "running"}`. */
  words: z.record(z.string(), z.string()).nullish(),
  writable: z
    .object({
      min: z.number(),
      max: z.number(),
      maxStep: z.number(),
      minIntervalMs: z.number(),
      tolerance: z.number(),
      riskClass: z.union([z.literal(1), z.literal(2)]),
      atMachine: z.boolean(),
    })
    .nullable(),
});
export type EdgeTag = z.infer<typeof EdgeTag>;

/**
 * What the edge does by itself, with the server gone. Default action: report only. `request_stop` needs a named
 * risk assessment. Conditions look at one tag; `forMs` is persistence on the monotonic clock.
 */
export const Reflex = z.object({
  id: z.string(),
  version: z.number().int(),
  machineId: Id,
  tagId: Id,
  condition: z.object({
    op: z.enum([">", "<", "=", "!="]),
    value: z.union([z.number(), z.string(), z.boolean()]),
    forMs: z.number().int().nonnegative(),
    /** Re-arms only after the value came back by this much (return side). */
    hysteresis: z.number().nonnegative(),
  }),
  action: z.enum(["report", "block_remote", "request_stop"]),
  /** The metric and value that ask the machine for a controlled stop. */
  stop: z.object({ tagId: Id, value: z.union([z.number(), z.string(), z.boolean()]) }).nullable(),
  riskAssessment: z.string().nullable(),
});
export type Reflex = z.infer<typeof Reflex>;

/** The edge's half of the machine gate (design §5). */
export const EdgeMachine = z.object({
  id: Id,
  code: z.string(),
  remoteTagId: Id.nullable(),
  guardTagId: Id.nullable(),
  automationOff: z.boolean(),
  maintenanceLock: z.boolean(),
});
export type EdgeMachine = z.infer<typeof EdgeMachine>;

export const EdgeSource = z.object({
  id: Id,
  code: z.string(),
  driver: z.string(),
  config: z.record(z.string(), z.unknown()),
  /** SHA-256 of the device's token, hex, where the driver asks for one. */
  tokenHash: z.string().nullable(),
});
export type EdgeSource = z.infer<typeof EdgeSource>;

/** All an edge knows, versioned and signed by the server; kept on the edge's disk. */
export const EdgeDocument = z.object({
  edgeId: Id,
  version: z.number().int().positive(),
  issuedAt: z.number(),
  tags: z.array(EdgeTag),
  machines: z.array(EdgeMachine),
  sources: z.array(EdgeSource),
  reflexes: z.array(Reflex),
  /** Bytes the queue may use before the oldest telemetry makes room, with a recorded gap. */
  queueBytes: z.number(),
  /** How long acked blocks stay for a rewind after a restore, ms. */
  replayMs: z.number(),
});
export type EdgeDocument = z.infer<typeof EdgeDocument>;

/** `body` is the exact text that was signed (Ed25519, base64). */
export const SignedDocument = z.object({ body: z.string().max(8_000_000), signature: z.string() });
export type SignedDocument = z.infer<typeof SignedDocument>;
