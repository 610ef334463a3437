import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { ageInWords, readArchive } from "./archive.ts";
import { listForeignKeys, listMigrations, listPartitions, listSequences } from "./catalogue.ts";
import { dropDatabase, ensureDatabase } from "./database.ts";
import { loadBackup, loadSecrets } from "./load-backup.ts";
import { makeBackup } from "./make-backup.ts";
import { fillEveryTable } from "./testing-rows.ts";

let folder: string;
let source: string;
let target: string;
let tables: readonly string[];
let close: () => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backup-"));
  const made = await testDb();
  source = made.url;
  close = () => made.close();
  target = source.replace(/\/t_/, "/r_");
  await ensureDatabase(target);
  await ask(source, async (sql) => {
    await sql`select ensure_reading_partition('2026-01-01')`;
    tables = await fillEveryTable(sql);
    // Larger than what the driver and gzip buffer, and not the last table.
    await sql`
      insert into fact (id, topic, scope, data, at) overriding system value
      select 100 + n, 'test.large', 'plant', jsonb_build_object('n', n, 'text', repeat(md5(n::text), 10)), now()
      from generate_series(1, 20000) n`;
  });
  await mkdir(join(folder, "secrets"));
  await writeFile(join(folder, "secrets", "pin-pepper"), "pepper\n", { mode: 0o600 });
});
afterAll(async () => {
  await dropDatabase(target);
  await close();
  await rm(folder, { recursive: true, force: true });
});

async function ask<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

const folders = () => ({ secrets: join(folder, "secrets"), certificates: join(folder, "certificates") });
const archive = () => join(folder, "saved");

/** All rows of all tables, as the server writes them. */
const contents = (url: string) =>
  ask(url, async (sql) => {
    const all: Record<string, string[]> = {};
    for (const name of tables) {
      const rows = await sql.unsafe(`select t::text as row from "${name}" t order by 1`);
      all[name] = rows.map((r) => r["row"] as string);
    }
    // Made anew after a restore, so that edges take it.
    delete all["edge_document"];
    all["setting"] = (all["setting"] ?? []).filter((row) => !row.startsWith("(restored,"));
    return all;
  });

const shape = (url: string) =>
  ask(url, async (sql) => ({
    keys: (await listForeignKeys(sql)).map((k) => `${k.table} ${k.name} ${k.definition}`).toSorted(),
    partitions: await listPartitions(sql),
    sequences: await listSequences(sql),
    migrations: await listMigrations(sql),
  }));

test("a backup with something in every table, restored into an empty database, is equal row for row", async () => {
  const before = await contents(source);
  expect(Object.entries(before).filter(([, rows]) => rows.length === 0)).toEqual([]);
  await makeBackup({ ownerUrl: source, target: archive(), folders: folders(), withSecrets: true });
  expect((await stat(archive())).isDirectory()).toBe(true);
  await loadBackup({ archive: archive(), manifest: await readArchive(archive()), ownerUrl: target });
  expect(await contents(target)).toEqual(before);
  expect(await shape(target)).toEqual(await shape(source));
}, 120_000);

test("after a restore the mark stands that makes actuations unknown and lets edges send again", async () => {
  const [mark] = await ask(target, (sql) => sql`select value from setting where key = 'restored'`);
  expect(mark?.["value"]).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
    madeAt: (await readArchive(archive())).madeAt,
  });
});

test("after a restore each edge's document is made anew", async () => {
  expect(await ask(target, (sql) => sql`select 1 from edge_document`)).toEqual([]);
});

test("the rules that guard the journal stand again after a restore", async () => {
  await ask(target, async (sql) => {
    await expect(sql`delete from audit`).rejects.toThrow("audit is append-only");
    await expect(
      sql`insert into job_run (machine_id, job_id, during) values (999, gen_random_uuid(), tstzrange(now(), null))`,
    ).rejects.toThrow(/foreign key/);
  });
});

test("a restore never overwrites", async () => {
  const manifest = await readArchive(archive());
  await expect(loadBackup({ archive: archive(), manifest, ownerUrl: target })).rejects.toThrow(
    /The database is not empty, and a restore never overwrites/,
  );
  await expect(
    makeBackup({ ownerUrl: source, target: archive(), folders: folders(), withSecrets: false }),
  ).rejects.toThrow(/is there already/);
});

test("what is written while a backup is made is not in it", async () => {
  const second = join(folder, "second");
  let writing: Promise<unknown> | undefined;
  const last = tables.at(-1) ?? "";
  const before = (await contents(source))[last]?.length;
  await makeBackup({
    ownerUrl: source,
    target: second,
    folders: folders(),
    withSecrets: false,
    progress: () => {
      writing ??= ask(source, async (sql) => {
        await sql`set session_replication_role = replica`;
        await sql.unsafe(`delete from "${last}"`);
      });
    },
  });
  await writing;
  const manifest = await readArchive(second);
  expect(manifest.tables.at(-1)).toMatchObject({ name: last, rows: before });
  expect((await contents(source))[last]).toEqual([]);
  expect(manifest.secrets).toBeNull();
});

test("the secrets of a backup are put in place, and others are never overwritten", async () => {
  const manifest = await readArchive(archive());
  const empty = {
    secrets: join(folder, "new", "secrets"),
    certificates: join(folder, "new", "certificates"),
  };
  await loadSecrets(archive(), manifest, empty);
  expect(await readFile(join(empty.secrets, "pin-pepper"), "utf8")).toBe("pepper\n");
  expect((await stat(join(empty.secrets, "pin-pepper"))).mode & 0o777).toBe(0o600);
  await loadSecrets(archive(), manifest, empty);
  await writeFile(join(empty.secrets, "pin-pepper"), "other\n");
  await expect(loadSecrets(archive(), manifest, empty)).rejects.toThrow(/never overwrites/);
});

test("a damaged backup is refused before anything is touched", async () => {
  const manifest = await readArchive(archive());
  const victim = manifest.tables.find(({ name }) => name === "person")?.file ?? "";
  const path = join(archive(), victim);
  const bytes = await readFile(path);
  const spoilt = Buffer.from(bytes);
  spoilt[spoilt.length >> 1] = (spoilt[spoilt.length >> 1] ?? 0) ^ 1;
  await writeFile(path, spoilt);
  await expect(readArchive(archive())).rejects.toThrow(
    /is damaged \(tables\/person\.copy\.gz is not what was written\)/,
  );
  await rm(path);
  await expect(readArchive(archive())).rejects.toThrow(/is damaged/);
  await writeFile(path, bytes);
  const text = await readFile(join(archive(), "manifest.json"), "utf8");
  await writeFile(join(archive(), "manifest.json"), text.replace('"rows": 2', '"rows": 3'));
  await expect(readArchive(archive())).rejects.toThrow(/is damaged \(manifest\.json/);
  await expect(readArchive(folder)).rejects.toThrow(/is no backup of Millwright/);
});

test("the age of a backup is told in words", () => {
  expect(ageInWords(59_000)).toBe("0 min");
  expect(ageInWords(3 * 3_600_000 + 12 * 60_000)).toBe("3 h 12 min");
  expect(ageInWords(9 * 86_400_000)).toBe("9 days");
});
