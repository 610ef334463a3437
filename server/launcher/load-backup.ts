import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import postgres from "postgres";
import { endWithin } from "#db/connection.ts";
import { migrate } from "#db/migrate.ts";
import { type Clock, systemClock } from "#server/core/clock.ts";
import type { Manifest } from "./archive.ts";
import { isEmpty, listForeignKeys, listMigrations, listPartitions, listTables } from "./catalogue.ts";
import type { Folders } from "./folders.ts";
import { Problem } from "./problem.ts";
import { writePrivate } from "./secrets.ts";

export interface LoadOptions {
  /** The archive's folder, proven whole by `readArchive`. */
  readonly archive: string;
  readonly manifest: Manifest;
  /** An empty database, as its owner. */
  readonly ownerUrl: string;
  readonly clock?: Clock;
  progress?(done: number, total: number, table: string): void;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Fills an empty database from a backup: brings it to the shape of the backup's release, loads everything in one
 * transaction, marks the database as restored, and migrates to this release. The mark (setting `restored`) makes
 * actuations that were under way `unknown`, renews the counter epoch, and lets the edges send their last 24 hours
 * again. @throws Problem when the database is not empty or the backup is of a newer release
 */
export async function loadBackup(options: LoadOptions): Promise<void> {
  const { manifest, ownerUrl } = options;
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    if (!(await isEmpty(sql)))
      throw new Problem(
        "The database is not empty, and a restore never overwrites: name an empty DATA_DIR or database.",
      );
    await migrate(ownerUrl, new Set(manifest.migrations.map(({ name }) => name)));
    await checkShape(sql, manifest);
    await sql.begin((tx) => loadAll(tx, options));
    await migrate(ownerUrl);
    await sql`analyze`;
  } finally {
    await sql.end(endWithin);
  }
}

async function checkShape(sql: postgres.Sql, manifest: Manifest): Promise<void> {
  const have = new Map((await listMigrations(sql)).map(({ name, hash }) => [name, hash]));
  const strange = manifest.migrations.find(({ name, hash }) => have.get(name) !== hash);
  if (strange !== undefined)
    throw new Problem(
      `The backup was made by release ${manifest.version}, whose database has ${strange.name}, which this release does not know: restore it with that release or a newer one.`,
    );
}

async function loadAll(tx: postgres.TransactionSql, options: LoadOptions): Promise<void> {
  const { manifest, archive, clock = systemClock } = options;
  const foreignKeys = await listForeignKeys(tx);
  for (const { table, name } of foreignKeys)
    await tx.unsafe(`alter table ${quoted(table)} drop constraint ${quoted(name)}`);
  const tables = await listTables(tx);
  for (const { name } of tables) await tx.unsafe(`alter table ${quoted(name)} disable trigger user`);
  // Rows that the migrations themselves put in are in the backup as well, as they were then.
  await tx.unsafe(`truncate ${tables.map(({ name }) => quoted(name)).join(", ")}`);
  await makePartitions(tx, manifest);
  for (const [i, table] of manifest.tables.entries()) {
    options.progress?.(i, manifest.tables.length, table.name);
    const columns = table.columns.map(quoted).join(", ");
    const sink = await tx.unsafe(`copy ${quoted(table.name)} (${columns}) from stdin`).writable();
    await pipeline(createReadStream(join(archive, table.file)), createGunzip(), sink);
    const [count] = await tx.unsafe(`select count(*)::int8::text as n from ${quoted(table.name)}`);
    if (Number(count?.["n"]) !== table.rows)
      throw new Error(`${table.name}: ${String(count?.["n"])} of ${table.rows} rows were loaded`);
  }
  for (const { name } of tables) await tx.unsafe(`alter table ${quoted(name)} enable trigger user`);
  for (const { table, name, definition } of foreignKeys)
    await tx.unsafe(`alter table ${quoted(table)} add constraint ${quoted(name)} ${definition}`);
  for (const { name, last, called } of manifest.sequences)
    await tx`select setval(${quoted(name)}::regclass, ${last}::bigint, ${called})`;
  const mark = {
    at: new Date(clock.now()).toISOString(),
    epoch: randomBytes(8).toString("hex"),
    madeAt: manifest.madeAt,
  };
  // An edge refuses a document older than the one on its disk, so each is made anew.
  await tx`delete from edge_document`;
  await tx`
    insert into setting (key, value, at) values ('restored', ${tx.json(mark)}, now())
    on conflict (key) do update set value = excluded.value, at = excluded.at`;
}

/** The parts of partitioned tables depend on the days they were made for, so they are made as they were. */
async function makePartitions(tx: postgres.TransactionSql, manifest: Manifest): Promise<void> {
  const have = new Map((await listPartitions(tx)).map((p) => [p.name, p]));
  const wanted = new Set(manifest.partitions.map(({ name }) => name));
  for (const { name } of have.values()) if (!wanted.has(name)) await tx.unsafe(`drop table ${quoted(name)}`);
  for (const { parent, name, bound } of manifest.partitions) {
    if (have.get(name)?.bound === bound) continue;
    if (have.has(name)) await tx.unsafe(`drop table ${quoted(name)}`);
    await tx.unsafe(`create table ${quoted(name)} partition of ${quoted(parent)} ${bound}`);
  }
}

/**
 * Puts the secrets of a backup in place; what is there already must be the same.
 * @throws Problem where another secret stands
 */
export async function loadSecrets(
  archive: string,
  manifest: Manifest,
  folders: Pick<Folders, "secrets" | "certificates">,
): Promise<void> {
  for (const { file } of manifest.secrets ?? []) {
    const [kind = "", name = ""] = file.split("/");
    const to = join(kind === "secrets" ? folders.secrets : folders.certificates, name);
    const text = await readFile(join(archive, file), "utf8");
    const standing = await readFile(to, "utf8").catch(() => null);
    if (standing === text) continue;
    if (standing !== null)
      throw new Problem(`${to} is there already, and a restore never overwrites: name an empty DATA_DIR.`);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await writePrivate(to, text);
  }
}
