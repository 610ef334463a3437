import { sql } from "drizzle-orm";
import {
  bigint,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import { epoch } from "../edge/ingest.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** How far each consumer has come in each queue. */
export const consumerCursor = pgTable(
  "consumer_cursor",
  {
    consumer: text("consumer").notNull(),
    streamId: integer("stream_id").notNull(),
    epoch: epoch("epoch").notNull(),
    seq: bigint("seq", { mode: "number" }).notNull(),
    /** The lease under which it was last moved; an older one is refused. */
    fence: bigint("fence", { mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.consumer, t.streamId, t.epoch] })],
);

/** What each consumer remembers between batches. */
export const consumerState = pgTable(
  "consumer_state",
  {
    consumer: text("consumer").notNull(),
    key: text("key").notNull(),
    state: jsonb("state").notNull(),
  },
  (t) => [primaryKey({ columns: [t.consumer, t.key] })],
);

/** A reading that a consumer could not process, however often it was tried. */
export const parkedReading = pgTable("parked_reading", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  consumer: text("consumer").notNull(),
  streamId: integer("stream_id").notNull(),
  epoch: epoch("epoch").notNull(),
  seq: bigint("seq", { mode: "number" }).notNull(),
  tagId: integer("tag_id").notNull(),
  error: text("error").notNull(),
  at: instant("at").notNull(),
});

/** One bucket of one tag; `level` is its length in seconds: 10, 60, 900 or 86400. */
export const rollup = pgTable(
  "rollup",
  {
    level: integer("level").notNull(),
    tagId: integer("tag_id").notNull(),
    bucket: instant("bucket").notNull(),
    count: integer("count").notNull(),
    sum: doublePrecision("sum"),
    min: doublePrecision("min"),
    max: doublePrecision("max"),
    first: doublePrecision("first"),
    last: doublePrecision("last"),
    /** Value × seconds over the time in which it is known; divided by `knownS` it is the time-weighted mean. */
    integral: doublePrecision("integral").notNull(),
    knownS: doublePrecision("known_s").notNull(),
    goodS: doublePrecision("good_s").notNull(),
    goodShare: doublePrecision("good_share")
      .notNull()
      .generatedAlwaysAs(sql`(good_s / (level)::double precision)`),
  },
  (t) => [primaryKey({ columns: [t.level, t.tagId, t.bucket] })],
);

/**
 * Tags whose last value still held when its bucket was computed.
 * @public read by raw SQL; the drift test compares this mirror
 */
export const rollupOpen = pgTable("rollup_open", {
  tagId: integer("tag_id").primaryKey(),
  at: instant("at").notNull(),
  until: instant("until").notNull(),
});
