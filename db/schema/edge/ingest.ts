import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { bytea } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const seq = (name: string) => bigint(name, { mode: "number" });

/** An epoch: 64 random bits, 16 hex digits on the wire, a (signed) bigint in the database. */
export const epoch = customType<{ data: string; driverData: string }>({
  dataType: () => "bigint",
  toDriver: (hex) => BigInt.asIntN(64, BigInt(`0x${hex}`)).toString(),
  fromDriver: (value) => BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, "0"),
});

/** (edge, lane): within a stream the order of readings is kept. */
export const stream = pgTable(
  "stream",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    edgeId: integer("edge_id").notNull(),
    lane: smallint("lane").notNull(),
  },
  (t) => [unique().on(t.edgeId, t.lane)],
);

export const blockKinds = ["readings", "events"] as const;

export const ingestCursor = pgTable(
  "ingest_cursor",
  {
    streamId: integer("stream_id").notNull(),
    epoch: epoch("epoch").notNull(),
    kind: text("kind", { enum: blockKinds }).notNull(),
    ackedSeq: seq("acked_seq").notNull().default(0),
    historical: boolean("historical").notNull().default(false),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.streamId, t.epoch, t.kind] })],
);

/** One row per batch that was taken: what consumers replay from, and which times late data fell into. */
export const ingestLog = pgTable(
  "ingest_log",
  {
    streamId: integer("stream_id").notNull(),
    epoch: epoch("epoch").notNull(),
    first: seq("first").notNull(),
    last: seq("last").notNull(),
    stored: integer("stored").notNull(),
    minTs: instant("min_ts"),
    maxTs: instant("max_ts"),
    receivedAt: instant("received_at").notNull(),
    historical: boolean("historical").notNull(),
  },
  (t) => [primaryKey({ columns: [t.streamId, t.epoch, t.last] })],
);

/** Partitioned by UTC day of `sourceTs`; index (tag_id, source_ts). */
export const reading = pgTable("reading", {
  sourceTs: instant("source_ts").notNull(),
  edgeTs: instant("edge_ts").notNull(),
  epoch: epoch("epoch").notNull(),
  seq: seq("seq").notNull(),
  /** Booleans are 0/1; null where the value is text or where the source said it has none. */
  num: doublePrecision("num"),
  streamId: integer("stream_id").notNull(),
  tagId: integer("tag_id").notNull(),
  /** See `quality` in server/device/tag.contract.ts. */
  quality: smallint("quality").notNull(),
  txt: text("txt"),
});

export const deadLetterStates = ["open", "discarded", "replayed"] as const;

export const deadLetter = pgTable("dead_letter", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  edgeId: integer("edge_id").notNull(),
  /** Null for a frame that nobody could decode. */
  streamId: integer("stream_id"),
  epoch: epoch("epoch"),
  seq: seq("seq"),
  tagId: integer("tag_id"),
  reason: text("reason").notNull(),
  raw: text("raw").notNull(),
  sha256: bytea("sha256").notNull(),
  firstSeen: instant("first_seen").notNull(),
  lastSeen: instant("last_seen").notNull(),
  times: integer("times").notNull().default(1),
  state: text("state", { enum: deadLetterStates }).notNull().default("open"),
  note: text("note"),
});

/** Readings or events that will never come. With a stream: a hole of its queue. */
export const gap = pgTable("gap", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  edgeId: integer("edge_id").notNull(),
  streamId: integer("stream_id"),
  kind: text("kind", { enum: blockKinds }),
  epoch: epoch("epoch"),
  first: seq("first"),
  last: seq("last"),
  sourceId: integer("source_id"),
  machineId: integer("machine_id"),
  fromTs: instant("from_ts"),
  toTs: instant("to_ts"),
  reason: text("reason").notNull(),
  recordedAt: instant("recorded_at").notNull(),
});

export const edgeEvent = pgTable(
  "edge_event",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    edgeId: integer("edge_id").notNull(),
    streamId: integer("stream_id").notNull(),
    epoch: epoch("epoch").notNull(),
    seq: seq("seq").notNull(),
    kind: text("kind").notNull(),
    at: instant("at").notNull(),
    sourceId: integer("source_id"),
    machineId: integer("machine_id"),
    data: jsonb("data").$type<Record<string, unknown>>().notNull(),
    historical: boolean("historical").notNull(),
    receivedAt: instant("received_at").notNull(),
  },
  (t) => [unique().on(t.streamId, t.epoch, t.seq)],
);

export const discoveredMetricStates = ["new", "mapped", "ignored"] as const;

/** A metric that no tag names, as an edge reported it. */
export const discoveredMetric = pgTable(
  "discovered_metric",
  {
    id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
    sourceId: integer("source_id").notNull(),
    metric: text("metric").notNull(),
    datatype: text("datatype", { enum: ["number", "text", "boolean"] }).notNull(),
    unit: text("unit"),
    firstSeen: instant("first_seen").notNull(),
    lastSeen: instant("last_seen").notNull(),
    state: text("state", { enum: discoveredMetricStates }).notNull().default("new"),
  },
  (t) => [unique().on(t.sourceId, t.metric)],
);

export interface ReflexCondition {
  readonly op: ">" | "<" | "=" | "!=";
  readonly value: number | string | boolean;
  /** How long it must last on the edge's monotonic clock, ms. */
  readonly forMs: number;
  /** Re-arms only after the value came back by this much. */
  readonly hysteresis: number;
}

/** What an edge does by itself, with the server gone. A stop needs a named risk assessment. */
export const reflex = pgTable("reflex", {
  id: uuid("id").primaryKey().defaultRandom(),
  version: integer("version").notNull().default(1),
  machineId: integer("machine_id").notNull(),
  tagId: integer("tag_id").notNull(),
  condition: jsonb("condition").$type<ReflexCondition>().notNull(),
  action: text("action", { enum: ["report", "block_remote", "request_stop"] })
    .notNull()
    .default("report"),
  stop: jsonb("stop").$type<{ tagId: number; value: number | string | boolean } | null>(),
  riskAssessment: text("risk_assessment"),
  enabled: boolean("enabled").notNull().default(true),
});

/** The signed document of each edge as it was last made. */
export const edgeDocument = pgTable("edge_document", {
  edgeId: integer("edge_id").primaryKey(),
  version: bigint("version", { mode: "number" }).notNull(),
  contentHash: bytea("content_hash").notNull(),
  body: text("body").notNull(),
  signature: text("signature").notNull(),
  issuedAt: instant("issued_at").notNull(),
});
