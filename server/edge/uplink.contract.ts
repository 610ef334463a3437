import { z } from "zod";
import { Certificates } from "#server/device/certificate.contract.ts";

/**
 * The wire between edge and server: namespace `/ingest` of the server's socket.io. The edge connects, shows its
 * token, gets its document and its cursors, and sends blocks. At most `inFlight` blocks of a stream are unacked.
 */
export const ingestNamespace = "/ingest";
export const maxBlockBytes = 256 * 1024;
export const inFlight = 4;

export const EdgeHello = z.object({
  edge: z.string().max(64),
  token: z.string().max(256),
  protocol: z.literal(1),
  /** Version of the document on the edge's disk; 0 = none. */
  documentVersion: z.number().int().nonnegative(),
});
export type EdgeHello = z.infer<typeof EdgeHello>;

/** Streams are named by lane on the wire; the server knows the edge from the token. */
export const StreamCursor = z.object({
  lane: z.number().int().min(0).max(63),
  kind: z.enum(["readings", "events"]),
  epoch: z.string().regex(/^[0-9a-f]{16}$/),
  acked: z.number().int().nonnegative(),
});
export type StreamCursor = z.infer<typeof StreamCursor>;

/**
 * The answer to one block. `acked` is the cursor after it, also for a block seen before. `expect` asks for the block
 * that holds `seq`: the edge rewinds to it, or sends the gap event that explains why it cannot. `busy` keeps the data
 * at the edge. `refused` says that these bytes will never be taken: the edge sets the block aside, under a gap.
 */
export const BlockAnswer = z.discriminatedUnion("result", [
  z.object({ result: z.literal("acked"), acked: z.number().int() }),
  z.object({ result: z.literal("expect"), seq: z.number().int() }),
  z.object({ result: z.literal("busy"), retryMs: z.number().int() }),
  z.object({ result: z.literal("refused"), reason: z.string() }),
]);
export type BlockAnswer = z.infer<typeof BlockAnswer>;

/** One actuation on its way to a machine. Absolute value and unit; compare-and-set; expires. */
export const Actuation = z.object({
  /** Random, once per actuation for ever. */
  id: z.uuid(),
  /** Grows with every actuation; its epoch is renewed by a restore. The edge refuses what is not newer. */
  counterEpoch: z.string(),
  counter: z.number().int().nonnegative(),
  adjustmentId: z.uuid().nullable(),
  machineId: z.number().int(),
  tagId: z.number().int(),
  value: z.union([z.number(), z.string(), z.boolean()]),
  unit: z.string().nullable(),
  /** What the set-point must be now, within the tag's tolerance. */
  expected: z.union([z.number(), z.string(), z.boolean()]).nullable(),
  /** Wall-clock ms after which nobody may send it on. */
  notAfter: z.number(),
  /** Time to live counted by the edge's monotonic clock from receipt, ms. */
  ttlMs: z.number().int().positive(),
  approver: z.string(),
});
export type Actuation = z.infer<typeof Actuation>;

export const ActuationAnswer = z.object({
  id: z.uuid(),
  result: z.enum(["accepted", "refused", "unknown"]),
  /** A refusal code, or what is not known. */
  reason: z.string().nullable(),
  /** The set-point read back just before or after, where known. */
  readBack: z.union([z.number(), z.string(), z.boolean()]).nullable(),
  at: z.number(),
});
export type ActuationAnswer = z.infer<typeof ActuationAnswer>;

/** A metric that no tag of the document names. Reported once; it gets its id in a later document. */
export const UnknownMetric = z.object({
  sourceId: z.number().int(),
  metric: z.string().max(256),
  datatype: z.enum(["number", "text", "boolean"]),
  unit: z.string().max(32).nullable(),
});
export type UnknownMetric = z.infer<typeof UnknownMetric>;

/** Values that one answer shows at most. */
export const maxSeen = 2000;

/** What a source said under a name, raw: before unit, scale and limits. For people who connect it. */
export const SeenValue = z.object({
  metric: z.string().max(256),
  datatype: z.enum(["number", "text", "boolean"]),
  unit: z.string().max(32).nullable(),
  value: z.union([z.number(), z.string().max(200), z.boolean()]).nullable(),
  /** Source time, ms; null = it was none. */
  at: z.number().nullable(),
  quality: z.number().int().min(0).max(3),
});
export type SeenValue = z.infer<typeof SeenValue>;

/** A source that is not set up yet, to be tried by the edge that will have it. Nothing of it is stored. */
export const ProbeAsk = z.object({
  code: z.string().max(64),
  driver: z.string().max(32),
  config: z.record(z.string(), z.unknown()),
  /** How long to listen, ms. */
  forMs: z.number().int().min(100).max(15_000),
});
export type ProbeAsk = z.infer<typeof ProbeAsk>;

export const ProbeAnswer = z.object({
  connected: z.boolean(),
  /** Why not, in a sentence; null when it is, or when nothing was heard that says why. */
  problem: z.string().max(500).nullable(),
  seen: z.array(SeenValue).max(maxSeen),
  certificates: Certificates.nullable().optional(),
});
export type ProbeAnswer = z.infer<typeof ProbeAnswer>;

/** What travels as events beside readings: same identity, cursor and ack, its own kind of block. */
export const EdgeEvent = z.object({
  kind: z.enum(["gap", "reflex", "birth", "death", "actuation_answer", "clock_jump", "queue_damaged"]),
  /** Source time, ms. */
  at: z.number(),
  sourceId: z.number().int().nullable(),
  machineId: z.number().int().nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type EdgeEvent = z.infer<typeof EdgeEvent>;

/**
 * `data` of a `gap` event about the queue itself: readings or events `from`…`to` of this stream will never come,
 * because the disk was full or damaged, the server refused the bytes, or a restore asks for more than is kept. The event is stored (and sent) before the loss happens or as soon as it is
 * found, in the events of the same lane. A hole that recorded gaps cover is skipped by the server; any other hole is
 * answered with `expect`. A gap that a driver reports (a source's own numbering) has no `stream`.
 */
export const StreamGap = z.object({
  stream: z.object({
    kind: z.enum(["readings", "events"]),
    lane: z.number().int().min(0).max(63),
    epoch: z.string().regex(/^[0-9a-f]{16}$/),
  }),
  from: z.number().int().positive(),
  to: z.number().int().positive(),
  reason: z.enum(["queue_full", "queue_damaged", "replay_window", "refused"]),
});
export type StreamGap = z.infer<typeof StreamGap>;

/** Events of the socket, edge → server. */
export interface EdgeToServer {
  /** A block exactly as it lies on disk (see server/edge/block.ts). */
  block: (frame: Uint8Array, answer: (answer: BlockAnswer) => void) => void;
  unknown_metrics: (metrics: UnknownMetric[], answer: () => void) => void;
  /** Liveness of the edge itself: what its drivers and queue are doing. */
  health: (health: EdgeHealth) => void;
}

/** Events of the socket, server → edge. */
export interface ServerToEdge {
  /** First after a hello. `cursors` are all the server has of this edge; an epoch that is missing is unknown to it. */
  welcome: (welcome: { now: number; cursors: StreamCursor[] }) => void;
  document: (document: { body: string; signature: string }) => void;
  actuate: (actuation: Actuation, answer: (answer: ActuationAnswer) => void) => void;
  /** Tries a source without keeping it. One at a time; an edge that is trying another one says so. */
  probe: (ask: ProbeAsk, answer: (answer: ProbeAnswer) => void) => void;
  /** The last values of a source's metrics that no tag names. */
  peek: (ask: { sourceId: number }, answer: (seen: readonly SeenValue[]) => void) => void;
  /** After a restore: resend everything newer than these cursors that is still on disk. */
  rewind: (cursors: StreamCursor[]) => void;
}

export const EdgeHealth = z.object({
  at: z.number(),
  version: z.string(),
  /** Version of the document it works by; 0 = it has none. */
  documentVersion: z.number().int().nonnegative().optional(),
  queueBlocks: z.number(),
  queueBytes: z.number(),
  unackedReadings: z.number(),
  gaps: z.number(),
  deadLetters: z.number(),
  /** False while the disk takes nothing (full, broken): then the edge answers nobody "stored". */
  storing: z.boolean().optional(),
  /** Age of the oldest reading that the server has not acknowledged, ms; null = none waits. */
  oldestUnackedMs: z.number().nullable().optional(),
  sources: z.array(
    z.object({
      id: z.number(),
      connected: z.boolean(),
      lastMessageAt: z.number().nullable(),
      messages: z.number(),
      errors: z.number(),
      skewMs: z.number().nullable(),
      /** Why there is no connection, in a sentence. */
      problem: z.string().max(500).nullable().optional(),
      certificates: Certificates.nullable().optional(),
    }),
  ),
});
export type EdgeHealth = z.infer<typeof EdgeHealth>;
