import { bigint, boolean, date, integer, jsonb, pgTable, text, time } from "drizzle-orm/pg-core";
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
  /** Id of the first of the patterns that follow one another by a dated change. */
  seriesId: integer("series_id"),
});

/** A local day on which a line (null = every line) works otherwise than its patterns say. */
export const calendarException = pgTable("calendar_exception", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  lineId: integer("line_id"),
  day: date("day").notNull(),
  kind: text("kind").$type<"closed" | "as_weekday" | "extra" | "changed" | "dropped">().notNull(),
  weekday: integer("weekday"),
  /** The series of the pattern whose shift is meant. */
  patternId: integer("pattern_id"),
  name: text("name"),
  startLocal: time("start_local"),
  endLocal: time("end_local"),
  reason: text("reason").notNull(),
  active: boolean("active").notNull().default(true),
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
