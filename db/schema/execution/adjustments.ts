import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** One set-point change on its way (design §5); all its times are instants of the server. */
export const adjustment = pgTable("adjustment", {
  id: uuid("id").primaryKey(),
  version: integer("version").notNull().default(1),
  state: text("state", {
    enum: [
      "draft",
      "proposed",
      "approved",
      "rejected",
      "announced",
      "held",
      "blocked",
      "expired",
      "sent",
      "accepted",
      "refused",
      "unknown",
      "verifying",
      "helped",
      "did_not_help",
      "cannot_tell",
    ],
  }).notNull(),
  machineId: integer("machine_id").notNull(),
  tagId: integer("tag_id").notNull(),
  oldValue: doublePrecision("old_value").notNull(),
  newValue: doublePrecision("new_value").notNull(),
  reason: jsonb("reason").notNull(),
  authorKind: text("author_kind", { enum: ["rule", "person", "return"] }).notNull(),
  authorPerson: uuid("author_person"),
  authorName: text("author_name").notNull(),
  ruleId: integer("rule_id"),
  deviationId: uuid("deviation_id"),
  returns: uuid("returns"),
  /** The tag's limits and the plan of measuring, as they were when it was proposed. */
  limits: jsonb("limits").notNull(),
  plan: jsonb("plan").notNull(),
  approvalsNeeded: integer("approvals_needed").notNull().default(1),
  predicted: jsonb("predicted").notNull(),
  createdAt: instant("created_at").notNull(),
  notAfter: instant("not_after").notNull(),
  /** End of the countdown on the station. */
  sendAt: instant("send_at"),
  confirmedBy: jsonb("confirmed_by"),
  actuationId: uuid("actuation_id").unique(),
  counterEpoch: text("counter_epoch"),
  counter: bigint("counter", { mode: "number" }),
  sentAt: instant("sent_at"),
  answeredAt: instant("answered_at"),
  /** When the machine echoed the new value: where "after" begins. */
  effectiveAt: instant("effective_at"),
  why: jsonb("why"),
  verification: jsonb("verification"),
  verdictReason: text("verdict_reason"),
  asksPerson: boolean("asks_person").notNull().default(false),
  endedAt: instant("ended_at"),
});

export const adjustmentApproval = pgTable(
  "adjustment_approval",
  {
    adjustmentId: uuid("adjustment_id").notNull(),
    personId: uuid("person_id").notNull(),
    name: text("name").notNull(),
    at: instant("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.adjustmentId, t.personId] })],
);

/** The adjustment's timeline; append-only. */
export const adjustmentEvent = pgTable("adjustment_event", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  adjustmentId: uuid("adjustment_id").notNull(),
  at: instant("at").notNull(),
  event: text("event").notNull(),
  state: text("state").notNull(),
  actor: jsonb("actor").notNull(),
  reason: text("reason"),
  why: jsonb("why"),
});

export const tagSuspension = pgTable("tag_suspension", {
  tagId: integer("tag_id").primaryKey(),
  machineId: integer("machine_id").notNull(),
  since: instant("since").notNull(),
  reason: text("reason", { enum: ["operator_moved"] }).notNull(),
  value: doublePrecision("value"),
});
