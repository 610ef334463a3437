import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const correctionKinds = ["machine", "period", "finish", "count", "lot", "undo"] as const;

/** Somebody said what really was; append-only. */
export const correction = pgTable("correction", {
  id: uuid("id").primaryKey(),
  kind: text("kind", { enum: correctionKinds }).notNull(),
  machineId: integer("machine_id").notNull(),
  input: jsonb("input").notNull(),
  preview: jsonb("preview").notNull(),
  states: jsonb("states").notNull().default([]),
  reason: text("reason").notNull(),
  personId: uuid("person_id"),
  byName: text("by_name").notNull(),
  at: instant("at").notNull(),
  undoes: uuid("undoes"),
});

/** Versions of runs that a correction hid and wrote. */
export const correctionRun = pgTable(
  "correction_run",
  {
    correctionId: uuid("correction_id").notNull(),
    runId: uuid("run_id").notNull(),
    role: text("role", { enum: ["hidden", "written"] }).notNull(),
    during: tstzrange("during").notNull(),
  },
  (t) => [primaryKey({ columns: [t.correctionId, t.runId] })],
);

/** Parts that were not counted, or counted too many, at an instant of source time. */
export const countCorrection = pgTable("count_correction", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  correctionId: uuid("correction_id").notNull(),
  machineId: integer("machine_id").notNull(),
  at: instant("at").notNull(),
  good: integer("good").notNull(),
  scrap: integer("scrap").notNull(),
});
