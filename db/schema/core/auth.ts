import { bigint, boolean, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytea } from "../../types.ts";

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Sessions of people who signed in with a password. */
export const userSession = pgTable("user_session", {
  id: uuid("id").primaryKey().defaultRandom(),
  token: text("token").notNull().unique(),
  userId: uuid("user_id").notNull(),
  expiresAt: instant("expires_at").notNull(),
  ipAddress: text("ip_address"),
  userAgent: text("user_agent"),
  createdAt: instant("created_at").notNull().defaultNow(),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

/** A way to sign in; provider `credential` carries the hash of a password. */
export const credential = pgTable("credential", {
  id: uuid("id").primaryKey().defaultRandom(),
  accountId: text("account_id").notNull(),
  providerId: text("provider_id").notNull(),
  userId: uuid("user_id").notNull(),
  password: text("password"),
  accessToken: text("access_token"),
  refreshToken: text("refresh_token"),
  idToken: text("id_token"),
  accessTokenExpiresAt: instant("access_token_expires_at"),
  refreshTokenExpiresAt: instant("refresh_token_expires_at"),
  scope: text("scope"),
  createdAt: instant("created_at").notNull().defaultNow(),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

export const verification = pgTable("verification", {
  id: uuid("id").primaryKey().defaultRandom(),
  identifier: text("identifier").notNull(),
  value: text("value").notNull(),
  expiresAt: instant("expires_at").notNull(),
  createdAt: instant("created_at").notNull().defaultNow(),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

/** A badge in somebody's hand; `takenAt` set = no longer valid. */
export const personBadge = pgTable("person_badge", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  badge: text("badge").notNull(),
  personId: uuid("person_id").notNull(),
  givenAt: instant("given_at").notNull(),
  takenAt: instant("taken_at"),
  /** Taken because it was lost. */
  lost: boolean("lost").notNull().default(false),
  /** The badge that stands in its place. */
  replacedBy: bigint("replaced_by", { mode: "number" }),
});

export const personPin = pgTable("person_pin", {
  personId: uuid("person_id").primaryKey(),
  hash: text("hash").notNull(),
  setAt: instant("set_at").notNull(),
});

/** A person signed on at a station by badge or PIN: ends when idle, at an absolute time, or by hand. */
export const badgeSession = pgTable("badge_session", {
  id: uuid("id").primaryKey().defaultRandom(),
  tokenHash: bytea("token_hash").notNull().unique(),
  personId: uuid("person_id").notNull(),
  stationId: uuid("station_id").notNull(),
  how: text("how", { enum: ["badge", "pin"] }).notNull(),
  startedAt: instant("started_at").notNull(),
  idleAt: instant("idle_at").notNull(),
  endsAt: instant("ends_at").notNull(),
});

/** Failed attempts under a key such as `pin:person:ada`. */
export const throttle = pgTable("throttle", {
  key: text("key").primaryKey(),
  failures: integer("failures").notNull(),
  since: instant("since").notNull(),
  lockedUntil: instant("locked_until"),
});
