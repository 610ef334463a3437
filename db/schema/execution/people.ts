import { sql } from "drizzle-orm";
import { boolean, date, integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";

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

/** A closed list of the plant's own. */
export const skill = pgTable("skill", {
  id: integer("id").primaryKey().generatedAlwaysAsIdentity(),
  code: text("code").notNull().unique(),
  name: text("name").notNull(),
  active: boolean("active").notNull().default(true),
});

/** Who can do it, since when, and until which day (which counts); null = for good. */
export const personSkill = pgTable(
  "person_skill",
  {
    personId: uuid("person_id").notNull(),
    skillId: integer("skill_id").notNull(),
    since: date("since").notNull(),
    expiresOn: date("expires_on"),
  },
  (t) => [primaryKey({ columns: [t.personId, t.skillId] })],
);
