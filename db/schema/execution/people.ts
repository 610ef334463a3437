import { sql } from "drizzle-orm";
import { boolean, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

export const person = pgTable("person", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  language: text("language").notNull().default("en"),
  roles: text("roles").array().notNull(),
  active: boolean("active").notNull().default(true),
  /** What the sign-in library expects of a user; made from the code, no mail is ever sent to it. */
  email: text("email")
    .notNull()
    .generatedAlwaysAs(sql`(lower(code) || '@person.invalid')`),
  emailVerified: boolean("email_verified").notNull().default(true),
  image: text("image"),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});
