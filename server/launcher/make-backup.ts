import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type postgres from "postgres";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { hashFile, type Manifest, writeManifest } from "./archive.ts";
import {
  type CatalogueTable,
  listMigrations,
  listPartitions,
  listSequences,
  listTables,
} from "./catalogue.ts";
import { openCopyConnection } from "./copy-connection.ts";
import { type Folders, projectRoot } from "./folders.ts";
import { exists } from "./postgres-binaries.ts";
import { fileProblem, Problem } from "./problem.ts";
import { secretNames } from "./secrets.ts";

export interface BackupOptions {
  readonly ownerUrl: string;
  /** The folder to make; must not be there yet. */
  readonly target: string;
  readonly folders: Pick<Folders, "secrets" | "certificates">;
  readonly withSecrets: boolean;
  readonly clock?: Clock;
  progress?(done: number, total: number, table: string): void;
  /** Asked after each so many bytes; what it throws breaks the backup off. */
  mayGoOn?(): Promise<void>;
}

/** How often `mayGoOn` is asked, in bytes on the disk. */
const askEveryBytes = 16 * 1024 * 1024;

const authority = ["authority.pem", "authority-key.pem"];

/**
 * Writes all tables of a running plant as they were at one instant (one repeatable-read snapshot), streamed, so
 * that its size does not matter to memory. The folder gets its name only when it is whole and on the disk.
 */
export async function makeBackup(options: BackupOptions): Promise<Manifest> {
  const { target, clock = systemClock } = options;
  if (await exists(target)) throw new Problem(`${target} is there already: name a folder that is not.`);
  const part = `${target}.partial`;
  const { sql, resume, cut } = openCopyConnection(options.ownerUrl);
  let broken: unknown = null;
  try {
    await rm(part, { recursive: true, force: true });
    await mkdir(join(part, "tables"), { recursive: true, mode: 0o700 });
    const contents = await sql.begin("isolation level repeatable read read only", async (tx) => {
      const [server] =
        await tx`select current_setting('server_version') as version, clock_timestamp() as now`;
      const all = await listTables(tx);
      const tables: Manifest["tables"] = [];
      for (const [i, table] of all.entries()) {
        options.progress?.(i, all.length, table.name);
        try {
          tables.push(await copyTable(tx, table, part, options.mayGoOn));
        } catch (error) {
          broken = error;
          cut();
          throw error;
        }
        resume();
      }
      const [house] = await tx`select value->>'kind' as kind from setting where key = 'house'`;
      return {
        kind: house?.["kind"] === "demo" ? ("demo" as const) : ("plant" as const),
        postgres: server?.["version"] as string,
        migrations: await listMigrations(tx),
        partitions: await listPartitions(tx),
        tables,
        // Read last: a number handed out after the snapshot is at worst skipped, never given twice.
        sequences: await listSequences(tx),
      };
    });
    const { version } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8")) as {
      version: string;
    };
    const manifest: Manifest = {
      format: 1,
      madeAt: new Date(clock.now()).toISOString(),
      version,
      ...contents,
      secrets: options.withSecrets ? await copySecrets(options.folders, part) : null,
    };
    await writeManifest(part, manifest);
    await syncFolder(part);
    await rename(part, target);
    await syncFolder(dirname(target));
    return manifest;
  } catch (thrown) {
    // What the driver says of a connection that was cut is not the reason.
    const error = broken ?? thrown;
    // Where nothing can be made, nothing can be taken away either.
    await rm(part, { recursive: true, force: true }).catch(() => {});
    throw fileProblem(error, target, "the backup") ?? error;
  } finally {
    await sql.end({ timeout: broken === null ? 5 : 0 });
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function copyTable(
  tx: postgres.TransactionSql,
  table: CatalogueTable,
  folder: string,
  mayGoOn?: () => Promise<void>,
): Promise<Manifest["tables"][number]> {
  const file = `tables/${table.name}.copy.gz`;
  const columns = table.columns.map(quoted).join(", ");
  const source = await tx.unsafe(`copy (select ${columns} from ${quoted(table.name)}) to stdout`).readable();
  let rows = 0;
  // COPY's text form writes each row as one line; a line break inside a value is written as \n.
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1;
      done(null, chunk);
    },
  });
  const hash = createHash("sha256");
  let unasked = 0;
  const hasher = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      unasked += chunk.length;
      if (mayGoOn === undefined || unasked < askEveryBytes) return done(null, chunk);
      unasked = 0;
      mayGoOn().then(() => done(null, chunk), done);
    },
  });
  const sink = createWriteStream(join(folder, file), { mode: 0o600, flush: true });
  await pipeline(source, counter, createGzip({ level: 5 }), hasher, sink);
  return { name: table.name, columns: [...table.columns], rows, file, sha256: hash.digest("hex") };
}

async function copySecrets(
  folders: Pick<Folders, "secrets" | "certificates">,
  part: string,
): Promise<NonNullable<Manifest["secrets"]>> {
  const paths = [
    ...secretNames.map((name) => join(folders.secrets, name)),
    ...authority.map((name) => join(folders.certificates, name)),
  ];
  const copied: NonNullable<Manifest["secrets"]> = [];
  for (const path of paths) {
    if (!(await exists(path))) continue;
    const file = `${dirname(path) === folders.secrets ? "secrets" : "certificates"}/${basename(path)}`;
    await mkdir(dirname(join(part, file)), { recursive: true, mode: 0o700 });
    await copyFile(path, join(part, file));
    copied.push({ file, sha256: await hashFile(join(part, file)) });
  }
  return copied;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().catch(() => undefined); // not every file system can
  await folder.close();
}
