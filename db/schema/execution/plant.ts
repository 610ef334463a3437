import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** ISA-95 role-based equipment above the machine. */
export const equipment = pgTable("equipment", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  parentId: integer("parent_id"),
  level: text("level", { enum: ["enterprise", "site", "area", "line"] }).notNull(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  /** IANA zone, given at the site. */
  timeZone: text("time_zone"),
  /** Put away: not used any more; what was made there stays. */
  retiredAt: instant("retired_at"),
});

/** A machine: one ISA-95 work unit, which carries state, jobs, OEE and reflexes. */
export const workUnit = pgTable("work_unit", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  lineId: integer("line_id").notNull(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  kind: text("kind").notNull(),
  flowPosition: integer("flow_position").notNull().default(0),
  positions: integer("positions").notNull().default(1),
  /** Stops shorter than this are micro-stops: a performance loss, not an availability loss. */
  microStopMs: integer("micro_stop_ms").notNull(),
  staleMs: integer("stale_ms").notNull(),
  /** How long a change is announced on the station before it is sent. */
  announceMs: integer("announce_ms").notNull().default(20_000),
  /** Share of the ideal rate that a shift is asked to reach. */
  targetShare: doublePrecision("target_share").notNull().default(0.85),
  automationOff: boolean("automation_off").notNull().default(false),
  /** Put away: makes nothing and is asked for nothing from then on. */
  retiredAt: instant("retired_at"),
  /** When it will be put away; null = nobody said. */
  leavesAt: instant("leaves_at"),
  /** What its positions are called, the first one first; one without a name has its number. */
  positionNames: text("position_names").array().notNull().default([]),
  /** Since when it stands in its line, and where before; null = ever since. A shift counts where it stood at its begin. */
  lineSince: instant("line_since"),
  lineBefore: integer("line_before"),
  /** Who locked the machine for maintenance, or null. */
  maintenanceLock: jsonb("maintenance_lock").$type<{ personId: string; name: string; at: number } | null>(),
});

export const physicalAsset = pgTable("physical_asset", {
  id: uuid("id").primaryKey().defaultRandom(),
  kind: text("kind", { enum: ["machine", "tool", "device"] }).notNull(),
  serial: text("serial").notNull().unique(),
  name: text("name").notNull(),
  lifeCycles: bigint("life_cycles", { mode: "number" }),
  cavities: integer("cavities"),
  /** Shots a tool had made before it was first counted here. */
  startShots: bigint("start_shots", { mode: "number" }).notNull().default(0),
  /** From this share of its life on it is due. */
  warnShare: doublePrecision("warn_share").notNull().default(0.9),
  /** Where it lies when it is on no machine. */
  storage: text("storage"),
  active: boolean("active").notNull().default(true),
});

export const assetMount = pgTable("asset_mount", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  machineId: integer("machine_id").notNull(),
  assetId: uuid("asset_id").notNull(),
  during: tstzrange("during").notNull(),
});
