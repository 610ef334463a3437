import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "./testing.ts";

/** What is written by hand in SQL and mirrored for queries says the same: every column, its type, its nullability. */
let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

type Columns = Record<string, string>;

const folder = join(dirname(fileURLToPath(import.meta.url)), "schema");

async function mirrored(): Promise<Map<string, Columns>> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(5);
  const tables = new Map<string, Columns>();
  for (const file of files) {
    const made = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
    for (const value of Object.values(made)) {
      if (!is(value, PgTable)) continue;
      const { name, columns } = getTableConfig(value);
      const described = columns.map((column) => [
        column.name,
        `${family(column.getSQLType())}${column.notNull ? " not null" : ""}`,
      ]);
      tables.set(name, Object.fromEntries(described) as Columns);
    }
  }
  return tables;
}

async function live(): Promise<Map<string, Columns>> {
  const rows = await handle.db.execute<{
    table: string;
    column: string;
    type: string;
    not_null: boolean;
  }>(sql`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attnum > 0 and not a.attisdropped
    order by 1, a.attnum`);
  const tables = new Map<string, Columns>();
  for (const { table, column, type, not_null: notNull } of rows) {
    const columns = tables.get(table) ?? {};
    columns[column] = `${family(type)}${notNull ? " not null" : ""}`;
    tables.set(table, columns);
  }
  return tables;
}

/** One word for the ways to write a type. */
function family(type: string): string {
  const bare = type
    .replace(/\(\d+(?:, ?\d+)?\)/, "")
    .replace(/^(big|small)serial$/, "$1int")
    .replace(/^serial$/, "integer");
  const array = bare.endsWith("[]") ? "[]" : "";
  const names: Record<string, string> = {
    time: "time without time zone",
    timestamp: "timestamp without time zone",
    varchar: "character varying",
  };
  const element = array === "" ? bare : bare.slice(0, -2);
  return (names[element] ?? element) + array;
}

/** Made by the migrator itself, which has no use for a mirror. */
const unmirrored = ["migration"];

test("every table of the database has its mirror, and every mirror its table", async () => {
  const tables = [...(await live()).keys()].filter((name) => !unmirrored.includes(name));
  expect([...(await mirrored()).keys()].toSorted()).toEqual(tables.toSorted());
});

test("every column is mirrored with its type and whether it may be null", async () => {
  const catalogue = await live();
  for (const [name, columns] of await mirrored()) {
    expect({ [name]: columns }).toEqual({ [name]: catalogue.get(name) });
  }
});
