import { bigint, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

/** A version of how a product is made. An empty period = replaced before it ever held. */
export const routing = pgTable("routing", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  productId: uuid("product_id").notNull(),
  version: integer("version").notNull(),
  during: tstzrange("during").notNull(),
});

/** ISA-95 operations segment. */
export const routingOperation = pgTable("routing_operation", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  routingId: bigint("routing_id", { mode: "number" }).notNull(),
  sequence: integer("sequence").notNull(),
  name: text("name").notNull(),
  /** Any machine of this kind can run it; null = only those that are named. */
  machineKind: text("machine_kind"),
  setupMs: bigint("setup_ms", { mode: "number" }).notNull().default(0),
  /** What somebody must be able to do. */
  skillId: integer("skill_id"),
});

export const routingOperationMachine = pgTable(
  "routing_operation_machine",
  {
    operationId: bigint("operation_id", { mode: "number" }).notNull(),
    machineId: integer("machine_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.operationId, t.machineId] })],
);
