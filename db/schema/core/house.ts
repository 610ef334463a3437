import { bigint, date, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const size = (name: string) => bigint(name, { mode: "number" });

/** One attempt at a backup; at most one is asked for or running. */
export const backupRun = pgTable("backup_run", {
  id: uuid("id").primaryKey(),
  cause: text("cause", { enum: ["schedule", "person"] }).notNull(),
  askedAt: instant("asked_at").notNull(),
  state: text("state", { enum: ["asked", "running", "good", "failed"] })
    .notNull()
    .default("asked"),
  startedAt: instant("started_at"),
  endedAt: instant("ended_at"),
  folder: text("folder"),
  bytes: size("bytes"),
  rows: size("rows"),
  problem: text("problem"),
  detail: text("detail"),
  goneAt: instant("gone_at"),
});

/** How full the data's disk was on a day (UTC). */
export const diskSample = pgTable("disk_sample", {
  day: date("day").primaryKey(),
  at: instant("at").notNull(),
  freeBytes: size("free_bytes").notNull(),
  totalBytes: size("total_bytes").notNull(),
  databaseBytes: size("database_bytes").notNull(),
});

/**
 * Before which day (UTC) raw readings of a class have been deleted.
 * @public read by raw SQL; the drift test compares this mirror
 */
export const retentionGone = pgTable("retention_gone", {
  class: text("class").primaryKey(),
  before: date("before").notNull(),
});

/** Which partitions have been rid of a class whose time was over. */
export const retentionTrim = pgTable(
  "retention_trim",
  { partition: text("partition").notNull(), class: text("class").notNull() },
  (t) => [primaryKey({ columns: [t.partition, t.class] })],
);
