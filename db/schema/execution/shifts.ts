import { bigint, date, integer, jsonb, pgTable, text, time } from "drizzle-orm/pg-core";
import { tstzmultirange, tstzrange } from "../../types.ts";

/** A shift as people say it: local times of a line's site on given weekdays (1 = Monday … 7). */
export const shiftPattern = pgTable("shift_pattern", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  lineId: integer("line_id").notNull(),
  code: text("code").notNull(),
  name: text("name").notNull(),
  weekdays: integer("weekdays").array().notNull(),
  startLocal: time("start_local").notNull(),
  endLocal: time("end_local").notNull(),
  breaks: jsonb("breaks").$type<readonly { start: string; end: string }[]>().notNull().default([]),
  during: tstzrange("during").notNull().default({ start: null, end: null }),
});

/** One shift as it really was: `[start, end)` in UTC; a night on a DST day lasts 7 or 9 hours. */
export const shiftInstance = pgTable("shift_instance", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  lineId: integer("line_id").notNull(),
  patternId: integer("pattern_id"),
  name: text("name").notNull(),
  productionDay: date("production_day").notNull(),
  during: tstzrange("during").notNull(),
  breaks: tstzmultirange("breaks").notNull().default([]),
});
