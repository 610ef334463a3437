import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytea } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const command = pgTable("command", {
  commandId: uuid("command_id").primaryKey(),
  name: text("name").notNull(),
  actor: jsonb("actor").notNull(),
  inputHash: bytea("input_hash").notNull(),
  result: jsonb("result"),
  at: instant("at").notNull(),
});

export const fact = pgTable("fact", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  topic: text("topic").notNull(),
  scope: text("scope").notNull(),
  data: jsonb("data").notNull(),
  at: instant("at").notNull(),
});

export const reactionCursor = pgTable("reaction_cursor", {
  name: text("name").primaryKey(),
  factId: bigint("fact_id", { mode: "number" }).notNull().default(0),
  failures: integer("failures").notNull().default(0),
  nextAttemptAt: instant("next_attempt_at"),
  lastError: text("last_error"),
});

export const parkedFact = pgTable(
  "parked_fact",
  {
    reaction: text("reaction").notNull(),
    factId: bigint("fact_id", { mode: "number" }).notNull(),
    error: text("error").notNull(),
    at: instant("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.reaction, t.factId] })],
);

export const schedule = pgTable("schedule", {
  name: text("name").primaryKey(),
  nextAt: instant("next_at").notNull(),
  lastAt: instant("last_at"),
  lastError: text("last_error"),
});

export const audit = pgTable("audit", {
  seq: bigint("seq", { mode: "number" }).primaryKey(),
  at: instant("at").notNull(),
  actor: jsonb("actor").notNull(),
  personId: uuid("person_id"),
  stationId: uuid("station_id"),
  action: text("action").notNull(),
  objectType: text("object_type").notNull(),
  objectId: text("object_id").notNull(),
  machineId: integer("machine_id"),
  before: jsonb("before"),
  after: jsonb("after"),
  reason: text("reason"),
  commandId: uuid("command_id"),
  prevHash: bytea("prev_hash").notNull(),
  hash: bytea("hash").notNull(),
});

export const setting = pgTable("setting", {
  key: text("key").primaryKey(),
  value: jsonb("value").notNull(),
  at: instant("at").notNull().defaultNow(),
});

/** @public read by raw SQL; the drift test compares this mirror */
export const laneLease = pgTable("lane_lease", {
  lane: integer("lane").primaryKey(),
  owner: text("owner").notNull(),
  fence: bigint("fence", { mode: "number" }).notNull(),
  until: instant("until").notNull(),
});
