import { bigint, boolean, integer, jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** ISA-18.2 record. `key` names the condition: one abnormal condition, one alarm that is not over. */
export const alarm = pgTable("alarm", {
  id: uuid("id").primaryKey().defaultRandom(),
  key: text("key").notNull(),
  version: integer("version").notNull().default(1),
  kind: text("kind").notNull(),
  priority: integer("priority").notNull(),
  machineId: integer("machine_id"),
  tagId: integer("tag_id"),
  state: text("state", { enum: ["unack", "ack", "rtn_unack", "shelved", "normal"] }).notNull(),
  active: boolean("active").notNull().default(true),
  params: jsonb("params").$type<Record<string, string | number>>().notNull().default({}),
  since: instant("since").notNull(),
  raisedAt: instant("raised_at").notNull(),
  clearedAt: instant("cleared_at"),
  takenAt: instant("taken_at"),
  takenBy: uuid("taken_by"),
  takenName: text("taken_name"),
  shelvedAt: instant("shelved_at"),
  shelvedUntil: instant("shelved_until"),
  shelvedName: text("shelved_name"),
  shelveReason: text("shelve_reason"),
  closedAt: instant("closed_at"),
  deviationId: uuid("deviation_id"),
  causeRuleId: integer("cause_rule_id"),
  instructionCode: text("instruction_code"),
  blocksChanges: boolean("blocks_changes").notNull().default(false),
});

/** The alarm's journal; append-only. */
export const alarmEvent = pgTable("alarm_event", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  alarmId: uuid("alarm_id").notNull(),
  at: instant("at").notNull(),
  sourceAt: instant("source_at"),
  kind: text("kind").notNull(),
  actor: jsonb("actor").notNull(),
  reason: text("reason"),
});
