import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Derived: maximal stretches of one word and fault code of a machine, by source time. */
export const machineState = pgTable("machine_state", {
  machineId: integer("machine_id").notNull(),
  during: tstzrange("during").notNull(),
  word: text("word").notNull(),
  fault: text("fault"),
});

/**
 * Derived: newest guard and remote signals by source time, and the last sign of life.
 * @public read by raw SQL; the drift test compares this mirror
 */
export const machineSignal = pgTable("machine_signal", {
  machineId: integer("machine_id").primaryKey(),
  guardOpen: boolean("guard_open"),
  guardAt: instant("guard_at"),
  remote: boolean("remote"),
  remoteAt: instant("remote_at"),
});

/** A heading under which stop reasons stand. */
export const stopReasonGroup = pgTable("stop_reason_group", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  position: integer("position").notNull().default(0),
});

/** Why a machine stands, in the plant's words; at most 25 for a machine. */
export const stopReason = pgTable("stop_reason", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  machineKind: text("machine_kind"),
  active: boolean("active").notNull().default(true),
  groupId: integer("group_id"),
});

/** How a reason counts, dated. */
export const stopReasonClass = pgTable("stop_reason_class", {
  reasonId: integer("reason_id").notNull(),
  during: tstzrange("during").notNull().default({ start: null, end: null }),
  planned: boolean("planned").notNull().default(false),
  changeover: boolean("changeover").notNull().default(false),
});

export const faultReason = pgTable(
  "fault_reason",
  {
    machineKind: text("machine_kind").notNull(),
    fault: text("fault").notNull(),
    reasonId: integer("reason_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.machineKind, t.fault] })],
);

/** Derived: stops longer than the micro-stop limit, from their very start. */
export const stop = pgTable("stop", {
  id: uuid("id").primaryKey().defaultRandom(),
  machineId: integer("machine_id").notNull(),
  during: tstzrange("during").notNull(),
  word: text("word").notNull(),
  fault: text("fault"),
});

/** What people said about a stopped time; the newest statement about an instant stands. */
export const stopExplanation = pgTable("stop_explanation", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  machineId: integer("machine_id").notNull(),
  during: tstzrange("during").notNull(),
  reasonId: integer("reason_id").notNull(),
  comment: text("comment"),
  personId: uuid("person_id"),
  byName: text("by_name").notNull(),
  at: instant("at").notNull(),
});

/** Derived: parts of ten seconds of source time, per job that ran then. */
export const countBucket = pgTable("count_bucket", {
  machineId: integer("machine_id").notNull(),
  start: instant("start").notNull(),
  jobId: uuid("job_id"),
  good: bigint("good", { mode: "number" }).notNull(),
  scrap: bigint("scrap", { mode: "number" }).notNull(),
  cycles: bigint("cycles", { mode: "number" }).notNull(),
  /** ISO 22400 PRI × PQ and PRI × GQ, ms. */
  idealMs: doublePrecision("ideal_ms").notNull(),
  idealGoodMs: doublePrecision("ideal_good_ms").notNull(),
  withoutStandard: bigint("without_standard", { mode: "number" }).notNull().default(0),
});

/** Derived: each time a counter went down, and what was decided about it. */
export const counterJump = pgTable(
  "counter_jump",
  {
    machineId: integer("machine_id").notNull(),
    tagId: integer("tag_id").notNull(),
    at: instant("at").notNull(),
    fromValue: doublePrecision("from_value").notNull(),
    toValue: doublePrecision("to_value").notNull(),
    decision: text("decision", { enum: ["reset", "rollover"] }).notNull(),
    delta: doublePrecision("delta").notNull(),
    doubtful: boolean("doubtful").notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.tagId, t.at] })],
);

export const counterVerdict = pgTable(
  "counter_verdict",
  {
    tagId: integer("tag_id").notNull(),
    at: instant("at").notNull(),
    fromValue: doublePrecision("from_value").notNull(),
    toValue: doublePrecision("to_value").notNull(),
    decision: text("decision", { enum: ["reset", "rollover", "wrong"] }).notNull(),
    reason: text("reason").notNull(),
    decidedAt: instant("decided_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tagId, t.at] })],
);

export const lotHold = pgTable("lot_hold", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  lotId: uuid("lot_id").notNull(),
  rootLotId: uuid("root_lot_id").notNull(),
  reason: text("reason").notNull(),
  personId: uuid("person_id"),
  byName: text("by_name").notNull(),
  at: instant("at").notNull(),
  dispositionBefore: text("disposition_before").notNull(),
  releasedAt: instant("released_at"),
  releasedBy: text("released_by"),
  releaseReason: text("release_reason"),
});

/** What a run used of a lot, in the material's unit, posted when the run ends. */
export const lotUse = pgTable(
  "lot_use",
  {
    jobRunId: uuid("job_run_id").notNull(),
    lotId: uuid("lot_id").notNull(),
    quantity: numeric("quantity", { mode: "number" }).notNull(),
    at: instant("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobRunId, t.lotId] })],
);
