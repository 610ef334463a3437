import { bigint, integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { tstzrange } from "../../types.ts";

/** Cavities of a tool that give parts; what is not said is open. */
export const toolCavities = pgTable("tool_cavities", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  assetId: uuid("asset_id").notNull(),
  open: integer("open").notNull(),
  during: tstzrange("during").notNull(),
});

/** From `at` on its shots are counted anew; `shots` = what was counted until then. */
export const toolMaintenance = pgTable("tool_maintenance", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  assetId: uuid("asset_id").notNull(),
  at: timestamp("at", { withTimezone: true }).notNull(),
  shots: bigint("shots", { mode: "number" }).notNull(),
  note: text("note"),
});

/** Which operation of a product a tool can make. */
export const toolFit = pgTable(
  "tool_fit",
  {
    assetId: uuid("asset_id").notNull(),
    productId: uuid("product_id").notNull(),
    operation: text("operation").notNull(),
  },
  (t) => [primaryKey({ columns: [t.assetId, t.productId, t.operation] })],
);
