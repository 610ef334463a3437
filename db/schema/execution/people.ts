import { boolean, pgTable, text, uuid } from "drizzle-orm/pg-core";

export const person = pgTable("person", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  language: text("language").notNull().default("en"),
  roles: text("roles").array().notNull(),
  active: boolean("active").notNull().default(true),
});
