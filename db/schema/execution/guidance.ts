import {
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

export const instruction = pgTable("instruction", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  code: text("code").notNull().unique(),
});

/** Released versions never change; a run keeps to its version. */
export const instructionVersion = pgTable("instruction_version", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  instructionId: integer("instruction_id").notNull(),
  version: integer("version").notNull(),
  state: text("state", { enum: ["draft", "released", "retired"] }).notNull(),
  title: jsonb("title").notNull(),
  steps: jsonb("steps").notNull(),
  releasedAt: instant("released_at"),
  releasedBy: text("released_by"),
});

export const instructionRun = pgTable("instruction_run", {
  id: uuid("id").primaryKey().defaultRandom(),
  instructionVersionId: integer("instruction_version_id").notNull(),
  machineId: integer("machine_id").notNull(),
  alarmId: uuid("alarm_id"),
  deviationId: uuid("deviation_id"),
  state: text("state", { enum: ["running", "done", "abandoned"] }).notNull(),
  current: integer("current").notNull().default(1),
  startedAt: instant("started_at").notNull(),
  startedBy: jsonb("started_by").notNull(),
  endedAt: instant("ended_at"),
});

export const instructionStep = pgTable(
  "instruction_step",
  {
    runId: uuid("run_id").notNull(),
    step: integer("step").notNull(),
    kind: text("kind").notNull(),
    tagId: integer("tag_id"),
    op: text("op", { enum: ["<", ">", "="] }),
    value: doublePrecision("value"),
    holdMs: integer("hold_ms"),
    holdsSince: instant("holds_since"),
    doneAt: instant("done_at"),
    doneBy: jsonb("done_by"),
    result: jsonb("result"),
  },
  (t) => [primaryKey({ columns: [t.runId, t.step] })],
);
