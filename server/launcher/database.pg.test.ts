import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { dropDatabase, ensureDatabase, prepareDatabase, wipeDemo } from "./database.ts";
import { demoIsSeeded, markSeeded, seededSpeed } from "./database-purpose.ts";

// The cluster of the test run stands for a server of others: its role `app` (password "app") is not ours.
let folder: string;
let url: string;
let end: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "database-"));
  await writeFile(join(folder, "app-password"), "app\n");
  const made = await testDb();
  const named = new URL(made.url);
  await made.close();
  url = named.href;
  await ensureDatabase(url);
  end = () => dropDatabase(url);
});
afterEach(async () => {
  await end();
  await rm(folder, { recursive: true, force: true });
});

const options = (change: Partial<Parameters<typeof prepareDatabase>[0]> = {}) => ({
  ownerUrl: url,
  appPasswordFile: join(folder, "app-password"),
  demo: true,
  speed: 20,
  embedded: false,
  ...change,
});

async function ask<T>(at: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(at, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

test("an empty database is migrated, and the role app may write orders but change neither tables nor the audit", async () => {
  const made = await prepareDatabase(options());
  expect(made.migrations.length).toBeGreaterThan(1);
  expect((await prepareDatabase(options())).migrations).toEqual([]);
  await ask(made.app, async (sql) => {
    await sql`insert into product (code, name) values ('cap', 'Cap')`;
    await expect(sql`create table mine (n int)`).rejects.toThrow(/permission denied/);
    await expect(sql`delete from audit`).rejects.toThrow(/permission denied/);
    await expect(sql`delete from migration`).rejects.toThrow(/permission denied/);
  });
});

test("the demo refuses a database that holds something else, and touches nothing of it", async () => {
  await ask(url, (sql) => sql`create table payroll (name text)`);
  await expect(prepareDatabase(options())).rejects.toThrow(
    /holds tables that are not the demo's, and the demo fills only an empty one/,
  );
  expect(await ask(url, (sql) => sql`select to_regclass('setting') is null as untouched`)).toEqual([
    { untouched: true },
  ]);
});

test("a demo's database is no real plant's, and the other way round", async () => {
  await prepareDatabase(options());
  await expect(prepareDatabase(options({ demo: false }))).rejects.toThrow(
    /holds the demo: start with DEMO=1/,
  );
  await dropDatabase(url);
  await ensureDatabase(url);
  await prepareDatabase(options({ demo: false }));
  await expect(prepareDatabase(options())).rejects.toThrow(/holds a real plant/);
});

test("the demo stays at the speed at which it was seeded, and counts as seeded only when that came to its end", async () => {
  expect(await demoIsSeeded(url)).toBe(false);
  await prepareDatabase(options({ speed: 40 }));
  expect(await demoIsSeeded(url)).toBe(false);
  await markSeeded(url);
  await prepareDatabase(options({ speed: 5 }));
  expect(await demoIsSeeded(url)).toBe(true);
  expect(await seededSpeed(url)).toBe(40);
  await dropDatabase(url);
  expect(await demoIsSeeded(url)).toBe(false);
  await ensureDatabase(url);
});

test("wiping the demo empties its database, and never one of somebody else", async () => {
  await prepareDatabase(options());
  await wipeDemo(url, false);
  expect((await prepareDatabase(options())).migrations.length).toBeGreaterThan(1);
  await dropDatabase(url);
  await ensureDatabase(url);
  await ask(url, (sql) => sql`create table payroll (name text)`);
  await expect(wipeDemo(url, false)).rejects.toThrow(/tables that are not the demo's/);
  expect(await ask(url, (sql) => sql`select count(*)::int as n from payroll`)).toEqual([{ n: 0 }]);
});

test("a role app that we did not make keeps its password", async () => {
  await rm(join(folder, "app-password"));
  await expect(prepareDatabase(options())).rejects.toThrow(/already has a role "app": put its password into/);
  const asApp = new URL(url);
  asApp.username = "app";
  asApp.password = "app";
  expect(await ask(asApp.href, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
});

test("a database that does not answer is told in one sentence", async () => {
  const nobody = new URL(url);
  nobody.port = "9";
  await expect(prepareDatabase(options({ ownerUrl: nobody.href }))).rejects.toThrow(
    "The database of DATABASE_URL cannot be used: nothing answers there.",
  );
  const missing = url.replace(/\/t_/, "/none_");
  await expect(prepareDatabase(options({ ownerUrl: missing }))).rejects.toThrow(
    /cannot be used: .*does not exist/,
  );
  await expect(prepareDatabase(options({ ownerUrl: "plant" }))).rejects.toThrow(
    /DATABASE_URL is wrong: it must read/,
  );
});
