import { sql } from "drizzle-orm";
import {
  bigint,
  date,
  doublePrecision,
  integer,
  numeric,
  pgTable,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

export const product = pgTable("product", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
});

/** ISO 22400 planned run time per item (PRI): the ideal cycle and the parts one cycle makes. */
export const standardCycle = pgTable("standard_cycle", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  productId: uuid("product_id").notNull(),
  machineId: integer("machine_id").notNull(),
  cycleMs: doublePrecision("cycle_ms").notNull(),
  partsPerCycle: integer("parts_per_cycle").notNull().default(1),
  during: tstzrange("during").notNull().default({ start: null, end: null }),
});

export const orderStates = [
  "waiting",
  "ready",
  "running",
  "held",
  "completed",
  "closed",
  "cancelled",
] as const;

export const productionOrder = pgTable("production_order", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: text("code").notNull().unique(),
  productId: uuid("product_id").notNull(),
  quantity: integer("quantity").notNull(),
  due: timestamp("due", { withTimezone: true }),
  priority: integer("priority").notNull().default(5),
  state: text("state", { enum: orderStates }).notNull(),
  version: integer("version").notNull().default(1),
  /** The order it was split off from. */
  parentId: uuid("parent_id"),
  heldReason: text("held_reason"),
  heldBy: text("held_by"),
  heldAt: timestamp("held_at", { withTimezone: true }),
  /** Why it was closed with fewer parts than asked for. */
  closedReason: text("closed_reason"),
  /** The version of its product's routing that held when it was made. */
  routingId: bigint("routing_id", { mode: "number" }),
});

export const jobStates = ["waiting", "ready", "running", "paused", "completed", "cancelled"] as const;

export const job = pgTable("job", {
  id: uuid("id").primaryKey().defaultRandom(),
  orderId: uuid("order_id").notNull(),
  sequence: integer("sequence").notNull(),
  operation: text("operation").notNull(),
  machineId: integer("machine_id").notNull(),
  quantity: integer("quantity").notNull(),
  state: text("state", { enum: jobStates }).notNull(),
  plannedStart: timestamp("planned_start", { withTimezone: true }),
  /** Place in its machine's queue as somebody said it; null = nobody did. */
  rank: integer("rank"),
});

/** Which job ran on which position of a machine, by source time. A correction sets `replacedAt` and adds a row. */
export const jobRun = pgTable("job_run", {
  id: uuid("id").primaryKey().defaultRandom(),
  machineId: integer("machine_id").notNull(),
  position: integer("position").notNull().default(1),
  jobId: uuid("job_id").notNull(),
  during: tstzrange("during").notNull(),
  replacedAt: timestamp("replaced_at", { withTimezone: true }),
});

export const material = pgTable("material", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  unit: text("unit").notNull(),
});

/**
 * What one part of a product holds: a material, in its unit, or another product, in pieces. `scrapPercent` is planned
 * on top; what a run used is worked out without it.
 */
export const billOfMaterial = pgTable("bill_of_material", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  productId: uuid("product_id").notNull(),
  materialId: uuid("material_id"),
  componentId: uuid("component_id"),
  perPart: numeric("per_part", { mode: "number" }).notNull(),
  scrapPercent: numeric("scrap_percent", { mode: "number" }).notNull().default(0),
  during: tstzrange("during").notNull().default({ start: null, end: null }),
});

/** B2MML dispositions; a quality hold is `restricted` with a reason of its own. */
export const dispositions = ["planned", "in_process", "restricted", "unrestricted", "closed"] as const;

/** A lot number is unique for its material or product. `quantity` = what is left of `received`. */
export const lot = pgTable("lot", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: text("code").notNull(),
  materialId: uuid("material_id"),
  productId: uuid("product_id"),
  quantity: numeric("quantity", { mode: "number" }).notNull(),
  disposition: text("disposition", { enum: dispositions }).notNull().default("unrestricted"),
  location: text("location"),
  /** As much as came in; a trigger fills it with `quantity`. */
  received: numeric("received", { mode: "number" })
    .notNull()
    .default(sql`null`),
  supplierLot: text("supplier_lot"),
  receivedAt: timestamp("received_at", { withTimezone: true }),
  expiresOn: date("expires_on"),
});

export const jobRunLot = pgTable("job_run_lot", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  jobRunId: uuid("job_run_id").notNull(),
  lotId: uuid("lot_id").notNull(),
  role: text("role", { enum: ["in", "out"] }).notNull(),
  during: tstzrange("during").notNull(),
});
