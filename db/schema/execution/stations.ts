import { doublePrecision, integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytea } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const stationThemes = ["light", "dark"] as const;

/** An enrolled device on the floor that anybody may look at. */
export const station = pgTable("station", {
  id: uuid("id").primaryKey().defaultRandom(),
  name: text("name").notNull().unique(),
  language: text("language").notNull().default("en"),
  theme: text("theme", { enum: stationThemes }).notNull().default("light"),
  /** Size of a CSS pixel on this screen, for targets measured in millimetres; null = not calibrated. */
  mmPerPx: doublePrecision("mm_per_px"),
  createdAt: instant("created_at").notNull(),
  lastSeenAt: instant("last_seen_at"),
  revokedAt: instant("revoked_at"),
});

export const stationMachine = pgTable(
  "station_machine",
  {
    stationId: uuid("station_id").notNull(),
    machineId: integer("machine_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.stationId, t.machineId] })],
);

/** What a device shows to become a station; `usesLeft` null = any number until it expires. */
export const stationCode = pgTable("station_code", {
  codeHash: bytea("code_hash").primaryKey(),
  stationId: uuid("station_id").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usesLeft: integer("uses_left"),
});

export const stationToken = pgTable("station_token", {
  tokenHash: bytea("token_hash").primaryKey(),
  stationId: uuid("station_id").notNull(),
  enrolledAt: instant("enrolled_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
});
