import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readArchive } from "#server/launcher/archive.ts";
import { listSequences, listTables } from "#server/launcher/catalogue.ts";
import { dropDatabase, ensureDatabase } from "#server/launcher/database.ts";
import { loadBackup } from "#server/launcher/load-backup.ts";
import { makeBackup } from "#server/launcher/make-backup.ts";
import { fillEveryTable } from "#server/launcher/testing-rows.ts";
import { migrate } from "./migrate.ts";
import { testDb } from "./testing.ts";

/**
 * Every release that ever was is brought to the next one with something in every table: rows that fit their types
 * (testing-rows.ts makes them, so a table of a later migration needs nothing here), and rows as a real plant had them
 * (`upgrade/NNNN.sql`, loaded right after that migration). Since each migration runs in a transaction of its own, the
 * way from any release to this one is these steps one after the other.
 */
const here = dirname(fileURLToPath(import.meta.url));
/** What a migration changes on purpose in rows that are there; everything else must come through as it was. */
const restated: Readonly<Record<string, readonly string[]>> = { "0010_house.sql": ["setting"] };

type Rows = Record<string, readonly Record<string, unknown>[]>;

let fresh: Awaited<ReturnType<typeof testDb>>;
let folder: string;
let names: readonly string[];
let old: string;
let restored: string;
/** Rows before and after each step. */
const steps: { readonly name: string; readonly before: Rows; readonly after: Rows }[] = [];

async function ask<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

async function rowsOf(sql: postgres.Sql): Promise<Rows> {
  const rows: Rows = {};
  for (const { name } of await listTables(sql))
    rows[name] = (await sql.unsafe(`select to_jsonb(t) as row from "${name}" t`)).map((r) => r["row"]);
  return rows;
}

beforeAll(async () => {
  fresh = await testDb();
  folder = await mkdtemp(join(tmpdir(), "upgrade-"));
  names = (await readdir(join(here, "migrations"))).filter((f) => /^\d{4}_.*\.sql$/.test(f)).toSorted();
  old = fresh.url.replace(/\/t_/, "/u_");
  restored = fresh.url.replace(/\/t_/, "/v_");
  await ensureDatabase(old);
  await ensureDatabase(restored);
  let before: Rows = {};
  for (const [i, name] of names.entries()) {
    await migrate(old, new Set(names.slice(0, i + 1)));
    await ask(old, async (sql) => {
      if (i > 0) steps.push({ name, before, after: await rowsOf(sql) });
      if (i === names.length - 1) return;
      const full = Object.keys(before).filter((table) => (before[table] ?? []).length > 0);
      await fillEveryTable(sql, new Set(full));
      // As if the plant had counted on: what a migration inserts gets numbers of its own.
      for (const { name: sequence } of await listSequences(sql)) await sql`select setval(${sequence}, 1000)`;
      const own = await readFile(join(here, "upgrade", `${name.slice(0, 4)}.sql`), "utf8").catch(() => "");
      await sql.unsafe(own);
      before = await rowsOf(sql);
    });
    if (i === names.length - 2)
      await makeBackup({
        ownerUrl: old,
        target: join(folder, "previous"),
        folders: { secrets: folder, certificates: folder },
        withSecrets: false,
      });
  }
}, 120_000);
afterAll(async () => {
  await dropDatabase(old);
  await dropDatabase(restored);
  await fresh.close();
  await rm(folder, { recursive: true, force: true });
});

const lines = (rows: readonly Record<string, unknown>[], columns: readonly string[]) =>
  rows.map((row) => JSON.stringify(columns.map((column) => row[column] ?? null))).toSorted();

test("before each step every table holds something, else the step proves nothing", () => {
  const empty = steps.flatMap(({ name, before }) =>
    Object.entries(before)
      .filter(([, rows]) => rows.length === 0)
      .map(([table]) => `${table} before ${name}`),
  );
  expect(steps.length).toBe(names.length - 1);
  expect(empty).toEqual([]);
});

test("no upgrade loses or changes a row of the plant", () => {
  for (const { name, before, after } of steps) {
    for (const [table, rows] of Object.entries(before)) {
      if (restated[name]?.includes(table) === true) {
        expect(after[table]?.length, `${table} after ${name}`).toBe(rows.length);
        continue;
      }
      const columns = Object.keys(rows[0] ?? {});
      const kept = (after[table] ?? []).length;
      expect(kept, `${table} after ${name}`).toBeGreaterThanOrEqual(rows.length);
      const left = new Set(lines(after[table] ?? [], columns));
      expect(
        lines(rows, columns).filter((line) => !left.has(line)),
        `${table} after ${name}`,
      ).toEqual([]);
    }
  }
});

/** The shape of a database as its server tells it: tables, checks, indexes, views, functions, triggers, rights. */
const shapeOf = (url: string) =>
  ask(url, async (sql) => {
    const own = `not exists (select from pg_depend d where d.objid = o.oid and d.deptype = 'e')`;
    const here = `o.relnamespace = 'public'::regnamespace and ${own} and not o.relispartition`;
    const rows = await sql.unsafe(`
      select 'column' as kind, o.relname || '.' || a.attname as name, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
          a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) as what
        from pg_class o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum where o.relkind in ('r', 'p') and ${here}
      union all select 'constraint', c.conrelid::regclass || '.' || c.conname, pg_get_constraintdef(c.oid)
        from pg_constraint c join pg_class o on o.oid = c.conrelid where ${here}
      union all select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class o on o.oid = i.indrelid where ${here}
      union all select 'view', o.relname, pg_get_viewdef(o.oid) from pg_class o where o.relkind = 'v' and ${here}
      union all select 'function', o.oid::regprocedure::text, pg_get_functiondef(o.oid)
        from pg_proc o where o.pronamespace = 'public'::regnamespace and o.prokind = 'f' and ${own}
      union all select 'trigger', t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid)
        from pg_trigger t join pg_class o on o.oid = t.tgrelid where not t.tgisinternal and ${here}
      union all select 'right', o.relname, (select string_agg(x::text, ' ' order by x::text) from unnest(o.relacl) x)
        from pg_class o where o.relkind in ('r', 'p', 'v') and ${here}
      order by 1, 2, 3`);
    return rows.map((row) => `${row["kind"]} ${row["name"]}: ${row["what"]}`);
  });

test("an upgraded plant has the very shape of a new one: tables, checks, indexes, views, functions, triggers, rights", async () => {
  const shape = await shapeOf(old);
  expect(shape.length).toBeGreaterThan(500);
  expect(shape).toEqual(await shapeOf(fresh.url));
});

test("every view of an upgraded plant can be read", async () => {
  await ask(old, async (sql) => {
    const views =
      await sql`select relname as name from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace`;
    expect(views.length).toBeGreaterThan(0);
    for (const { name } of views) await sql.unsafe(`select * from "${name}"`);
  });
});

test("a backup of the previous release is restored by this one, and is as if that plant had been upgraded", async () => {
  const archive = join(folder, "previous");
  await loadBackup({ archive, manifest: await readArchive(archive), ownerUrl: restored });
  const upgraded = steps.at(-1)?.after ?? {};
  const got = await ask(restored, rowsOf);
  // A restore says so in a setting, and makes the edges' documents anew.
  for (const [table, rows] of Object.entries(upgraded).filter(([name]) => name !== "edge_document")) {
    const columns = Object.keys(rows[0] ?? {});
    const found = (got[table] ?? []).filter((row) => table !== "setting" || row["key"] !== "restored");
    expect(lines(found, columns), table).toEqual(lines(rows, columns));
  }
});

test("a plant that kept all readings for 45 days keeps each class for 45 days", async () => {
  const after = steps.find(({ name }) => name === "0010_house.sql")?.after["setting"] ?? [];
  const value = after.find((row) => row["key"] === "retention")?.["value"];
  expect(value).toEqual({ logDays: 20, processDays: 45, stateDays: 45, energyDays: 45 });
});

test("a tag of an earlier release finds its class by what it means", async () => {
  const classes = await ask(
    old,
    (sql) =>
      sql`select retention_class as class, array_agg(meaning order by meaning) as meanings from tag
      where metric like 'upgrade/%' group by 1 order by 1`,
  );
  expect([...classes]).toEqual([
    { class: "energy", meanings: ["energy"] },
    { class: "process", meanings: ["material", "measurement", "setpoint"] },
    {
      class: "state",
      meanings: ["cycle_time", "cycles", "fault", "good", "guard", "remote", "scrap", "state"],
    },
  ]);
});
