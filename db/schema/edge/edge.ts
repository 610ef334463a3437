import { bigint, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "../../types.ts";

export const edge = pgTable("edge", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  tokenHash: bytea("token_hash").notNull(),
  documentVersion: bigint("document_version", { mode: "number" }).notNull().default(0),
  lastSeen: timestamp("last_seen", { withTimezone: true }),
});
