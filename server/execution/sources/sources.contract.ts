import { z } from "zod";
import { rowId } from "#server/core/number.contract.ts";
import { Certificates } from "#server/device/certificate.contract.ts";
import { codeText, plainText } from "#server/core/text.contract.ts";

const Id = rowId();

/** What a source that somebody adds may speak. */
export const sourceDrivers = ["sparkplug", "mqtt", "modbus", "opcua", "socketio", "replay"] as const;
export type SourceDriver = (typeof sourceDrivers)[number];

/**
 * How a source is: `off` = put away by somebody; `edge_away` = its edge is not in touch with the server; `waiting` =
 * never heard; `not_connected`; `silent` = connected, but nothing came for a minute; `live`.
 */
export const sourceStates = ["off", "edge_away", "waiting", "not_connected", "silent", "live"] as const;
export type SourceState = (typeof sourceStates)[number];

export const SourceHealth = z.object({
  state: z.enum(sourceStates),
  /** On the edge's clock, ms. */
  lastMessageAt: z.number().nullable(),
  /** Messages a second, over the last health of its edge. */
  rate: z.number().nullable(),
  messages: z.number().nullable(),
  errors: z.number().nullable(),
  /** Edge time − source time, ms; positive = the source's clock is behind. */
  skewMs: z.number().nullable(),
  /** Readings that wait in the queue of its edge, of all its sources together, and how old the oldest is, ms. */
  backlog: z.number().nullable(),
  backlogMs: z.number().nullable(),
  /** Why there is no connection, in the driver's words. */
  problem: z.string().nullable(),
  certificates: Certificates.nullable(),
});
export type SourceHealth = z.infer<typeof SourceHealth>;

export const SourceView = z.object({
  id: z.number().int(),
  edgeId: z.number().int(),
  edgeCode: z.string(),
  code: z.string(),
  driver: z.string(),
  /** Without its secrets. */
  config: z.record(z.string(), z.unknown()),
  enabled: z.boolean(),
  /** Somebody holds a token of it. */
  hasToken: z.boolean(),
  tags: z.number().int(),
  /** Metrics that were seen and that no tag names yet. */
  discovered: z.number().int(),
  health: SourceHealth,
});
export type SourceView = z.infer<typeof SourceView>;

export const EdgeView = z.object({
  id: z.number().int(),
  code: z.string(),
  name: z.string(),
  online: z.boolean(),
  lastSeenAt: z.number().nullable(),
  version: z.string().nullable(),
  queueBytes: z.number().nullable(),
  backlog: z.number().nullable(),
  backlogMs: z.number().nullable(),
  gaps: z.number().nullable(),
  storing: z.boolean().nullable(),
});
export type EdgeView = z.infer<typeof EdgeView>;

const SourceConfig = z.record(z.string().max(64), z.unknown());

export const AddSource = z.object({
  edgeId: Id,
  code: codeText(),
  driver: z.enum(sourceDrivers),
  config: SourceConfig.default({}),
});

export const ChangeSource = z.object({
  sourceId: Id,
  /** Takes the place of the one before; secrets that are left out stay. */
  config: SourceConfig.optional(),
  enabled: z.boolean().optional(),
});

/** Tried before it is added, or as it would be after a change (`sourceId` lends its secrets). */
export const TrySource = z.object({
  edgeId: Id,
  driver: z.enum(sourceDrivers),
  config: SourceConfig.default({}),
  sourceId: Id.optional(),
});
export const OneSource = z.object({ sourceId: Id });

export const AddEdge = z.object({ code: codeText(), name: plainText() });
export const OneEdge = z.object({ edgeId: Id });

/** A one-time code: shown once, kept as a hash, good for an hour. */
export const EnrolmentCodeView = z.object({ code: z.string(), expiresAt: z.number() });
export type EnrolmentCodeView = z.infer<typeof EnrolmentCodeView>;

export const EnrolmentCode = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[0-9A-Z]{10}$/, "has ten letters and digits");

/** What a device or an edge gets for its code. The token is not given out again. */
export const Enrolled = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("source"), source: z.string(), token: z.string() }),
  z.object({
    kind: z.literal("edge"),
    edge: z.string(),
    token: z.string(),
    /** SPKI PEM: what the edge checks documents with. */
    publicKey: z.string(),
  }),
]);
export type Enrolled = z.infer<typeof Enrolled>;
