import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** What is watched, how (`parameters`), what it may move (`action`) and how far (`authority`). */
export const detectionRule = pgTable("detection_rule", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  kind: text("kind", { enum: ["slowdown", "temperature_drift", "run_out"] }).notNull(),
  machineId: integer("machine_id").notNull(),
  tagId: integer("tag_id").notNull(),
  parameters: jsonb("parameters").notNull().default({}),
  action: jsonb("action"),
  authority: integer("authority").notNull().default(0),
  enabled: boolean("enabled").notNull().default(true),
  /** Who hears of it: an alarm on the station, an entry in the office, or as the likely cause says. */
  audience: text("audience", { enum: ["operator", "office", "by_cause"] })
    .notNull()
    .default("by_cause"),
  priority: integer("priority").notNull().default(3),
  helped: integer("helped").notNull().default(0),
  didNotHelp: integer("did_not_help").notNull().default(0),
  cannotTell: integer("cannot_tell").notNull().default(0),
  version: integer("version").notNull().default(1),
});

export const causeRule = pgTable("cause_rule", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  kind: text("kind").notNull(),
  machineId: integer("machine_id"),
  code: text("code").notNull(),
  rank: integer("rank").notNull().default(10),
  direction: text("direction", { enum: ["up", "down"] }),
  conditions: jsonb("conditions").notNull().default([]),
  instructionCode: text("instruction_code"),
  wasRight: integer("was_right").notNull().default(0),
  judged: integer("judged").notNull().default(0),
});

export const deviation = pgTable("deviation", {
  id: uuid("id").primaryKey(),
  ruleId: integer("rule_id").notNull(),
  kind: text("kind", { enum: ["slowdown", "temperature_drift", "run_out"] }).notNull(),
  machineId: integer("machine_id").notNull(),
  tagId: integer("tag_id").notNull(),
  state: text("state", { enum: ["open", "cleared"] }).notNull(),
  /** Source times: when the change began, when it was seen, when it ended. */
  since: instant("since").notNull(),
  seenAt: instant("seen_at").notNull(),
  clearedAt: instant("cleared_at"),
  evidence: jsonb("evidence").notNull(),
  latest: jsonb("latest").notNull(),
  causeRuleId: integer("cause_rule_id"),
  causeSignals: jsonb("cause_signals").notNull().default([]),
  causeRight: boolean("cause_right"),
});
