import { sql } from "drizzle-orm";
import { boolean, doublePrecision, integer, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "../../types.ts";

/** What speaks to one edge: a Sparkplug edge node, a socket.io device. Belongs to exactly one edge. */
export const source = pgTable("source", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  edgeId: integer("edge_id").notNull(),
  code: text("code").notNull().unique(),
  driver: text("driver").notNull(),
  config: jsonb("config").notNull().default({}),
  tokenHash: bytea("token_hash"),
  enabled: boolean("enabled").notNull().default(true),
});

/** Limits of a set-point that may be written; absolute values in the tag's unit. */
export interface Writable {
  readonly min: number;
  readonly max: number;
  /** Largest change of one actuation. */
  readonly maxStep: number;
  /** Shortest time between two actuations, ms. */
  readonly minIntervalMs: number;
  /** How far the echo may be from the written value. */
  readonly tolerance: number;
  /** 1 = one supervisor decides; 2 = a second person is needed. */
  readonly riskClass: 1 | 2;
  /** A badge at the machine is needed before it is sent. */
  readonly atMachine: boolean;
}

export const tag = pgTable("tag", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  sourceId: integer("source_id").notNull(),
  machineId: integer("machine_id").notNull(),
  /** The metric's name as the source says it. */
  metric: text("metric").notNull(),
  name: text("name").notNull(),
  /** See `tagMeanings` in server/device/tag.contract.ts. */
  meaning: text("meaning").notNull(),
  datatype: text("datatype", { enum: ["number", "text", "boolean"] }).notNull(),
  unit: text("unit"),
  decimals: integer("decimals").notNull().default(1),
  scale: doublePrecision("scale").notNull().default(1),
  shift: doublePrecision("shift").notNull().default(0),
  deadband: doublePrecision("deadband").notNull().default(0),
  maxSilenceMs: integer("max_silence_ms").notNull().default(60_000),
  expectedMs: integer("expected_ms").notNull().default(1000),
  /** Fast tags are stored as one aggregate per this many ms. */
  aggregateMs: integer("aggregate_ms"),
  low: doublePrecision("low"),
  high: doublePrecision("high"),
  /** Band in which the process is normal; outside it is drawn as abnormal. */
  normalLow: doublePrecision("normal_low"),
  normalHigh: doublePrecision("normal_high"),
  /** The set-point that drives this value. */
  setpointTagId: integer("setpoint_tag_id"),
  /** Where a counter rolls over, e.g. 65536; null = it only resets. */
  modulus: doublePrecision("modulus"),
  writable: jsonb("writable").$type<Writable | null>(),
  enabled: boolean("enabled").notNull().default(true),
  /** The row of a template it came from; the settings named in `overrides` no longer follow it. */
  templateRowId: integer("template_row_id"),
  overrides: text("overrides").array().notNull().default([]),
  /** What each value means where the machine says a code and not a word. */
  words: jsonb("words").$type<Readonly<Record<string, string>> | null>(),
  /** How long its raw readings are kept: see server/execution/house/retention.contract.ts. */
  retentionClass: text("retention_class", { enum: ["process", "state", "energy"] })
    .notNull()
    .generatedAlwaysAs(sql`tag_class(meaning)`),
});

/** What the machines of a class have in common. */
export const tagTemplate = pgTable("tag_template", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  name: text("name").notNull().unique(),
  kind: text("kind").notNull(),
});

export const tagTemplateRow = pgTable("tag_template_row", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  templateId: integer("template_id").notNull(),
  /** Below the machine's own prefix. */
  metric: text("metric").notNull(),
  settings: jsonb("settings").notNull(),
});

/** A code that gives a source's device or an edge its token, once. */
export const enrolmentCode = pgTable("enrolment_code", {
  codeHash: bytea("code_hash").primaryKey(),
  sourceId: integer("source_id"),
  edgeId: integer("edge_id"),
  expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
});
