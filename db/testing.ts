import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { type Db, openDb } from "./client.ts";

/**
 * A migrated database of one's own for a test file, cloned from the template that the test run's global set-up
 * made on a throw-away cluster (`TEST_DATABASE_URL` names that template).
 */
export async function testDb(): Promise<{ db: Db; url: string; close(): Promise<void> }> {
  // The one place where a test reads the environment: the global set-up speaks to workers through it.
  const templateUrl = process.env["TEST_DATABASE_URL"]; // oxlint-disable-line node/no-process-env
  if (templateUrl === undefined)
    throw new Error("TEST_DATABASE_URL is missing: run through vitest --project pg");
  const template = new URL(templateUrl).pathname.slice(1);
  const name = `t_${randomBytes(6).toString("hex")}`;
  const adminUrl = new URL(templateUrl);
  adminUrl.pathname = "/postgres";
  const admin = postgres(adminUrl.href, { max: 1, onnotice: () => {} });
  // Cloning needs the template to be idle; two files cloning at once wait for one another.
  await admin`select pg_advisory_lock(7310)`;
  await admin.unsafe(`create database ${name} template ${template}`);
  await admin`select pg_advisory_unlock(7310)`;
  const url = new URL(templateUrl);
  url.pathname = `/${name}`;
  const db = openDb({ url: url.href, max: 6, name: "test" });
  return {
    db,
    url: url.href,
    async close() {
      await db.$client.end({ timeout: 1 });
      await admin.unsafe(`drop database if exists ${name} with (force)`);
      await admin.end();
    },
  };
}
