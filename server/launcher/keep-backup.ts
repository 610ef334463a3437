import { mkdir, readdir, readFile, rm, stat, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { serviceActor } from "#server/core/actor.contract.ts";
import type { Clock } from "#server/core/clock.ts";
import { endBackup } from "#server/execution/house/backup.commands.ts";
import type { BackupProblem, EndBackup } from "#server/execution/house/backup.contract.ts";
import { readBackupPlan } from "#server/execution/house/house.queries.ts";
import { Damaged, type Manifest, proveArchive } from "./archive.ts";
import type { Folders } from "./folders.ts";
import { makeBackup } from "./make-backup.ts";
import { fileProblem } from "./problem.ts";

const mebibyte = 1024 * 1024;
const actor = serviceActor("backup");

export interface KeepOptions {
  /** As role `app`: the plan, and how the run went. */
  readonly db: Db;
  /** As owner: the only one who may read everything. */
  readonly ownerUrl: string;
  readonly folders: Pick<Folders, "secrets" | "certificates" | "backups">;
  readonly runId: string;
  readonly clock: Clock;
  /** Stays free on the backups' disk whatever happens, bytes; by default a twentieth of it, 0.5 to 10 GiB. */
  readonly reserveBytes?: number;
}

/** There is not enough room, before anything was written. */
class NoSpace extends Error {}
/** The reserve was reached in the middle. */
class DiskFull extends Error {}

/**
 * Makes the backup that a run asks for, proves it, and only then removes older ones beyond the plan's number. Says how
 * it went in the run's row; never throws for what may happen to a disk.
 */
export async function keepBackup(options: KeepOptions): Promise<EndBackup> {
  const { db, clock, folders, runId } = options;
  const plan = await readBackupPlan(db);
  const parent = plan.folder ?? folders.backups;
  const [house] = await db.execute<{ kind: string }>(
    sql`select value ->> 'kind' as kind from setting where key = 'house'`,
  );
  const prefix = `auto-${house?.kind === "demo" ? "demo" : "plant"}-`;
  const target = join(parent, `${prefix}${stampOf(clock.now())}`);
  let end: EndBackup;
  try {
    const manifest = await make(options, parent, prefix, target);
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const bytes = await sizeOf(target);
    const removed = await removeOlder(parent, prefix, basename(target), plan.keep);
    end = { runId, state: "good", folder: target, bytes, rows, removed };
  } catch (error) {
    // What cannot be read back must not be taken for a backup by anybody.
    await rm(target, { recursive: true, force: true }).catch(() => {});
    const detail = (error as Error).message.slice(0, 2000);
    end = { runId, state: "failed", folder: parent, problem: problemOf(error), detail };
  }
  await endBackup.execute({ db, clock }, actor, crypto.randomUUID(), end);
  return end;
}

async function make(options: KeepOptions, parent: string, prefix: string, target: string): Promise<Manifest> {
  const { db, ownerUrl, folders, clock } = options;
  await mkdir(parent, { recursive: true, mode: 0o700 });
  // Whoever was broken off in the middle left this behind; nobody else is at work here now.
  for (const name of await readdir(parent))
    if (name.startsWith(prefix) && name.endsWith(".partial"))
      await rm(join(parent, name), { recursive: true, force: true });
  const disk = await statfs(parent);
  const total = disk.blocks * disk.bsize;
  const reserve =
    options.reserveBytes ?? Math.min(Math.max(total / 20, 512 * mebibyte), 10 * 1024 * mebibyte);
  const free = async () => {
    const { bavail, bsize } = await statfs(parent);
    return bavail * bsize;
  };
  const needed = await expectedBytes(db);
  if ((await free()) - needed < reserve)
    throw new NoSpace(
      `${parent} has too little room for a backup of about ${Math.ceil(needed / mebibyte)} MiB`,
    );
  await makeBackup({
    ownerUrl,
    target,
    folders,
    withSecrets: false,
    clock,
    mayGoOn: async () => {
      if ((await free()) < reserve) throw new DiskFull(`the reserve on the disk of ${parent} was reached`);
    },
  });
  return proveArchive(target);
}

/** A quarter more than the last one; without one a third of the database, for rows pack well and indexes stay out. */
async function expectedBytes(db: Db): Promise<number> {
  const [row] = await db.execute<{ bytes: number }>(sql`
    select coalesce((select bytes * 1.25 from backup_run where state = 'good' order by ended_at desc limit 1),
      pg_database_size(current_database()) / 3.0)::float8 as bytes`);
  return row?.bytes ?? 0;
}

const stampOf = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");

function problemOf(error: unknown): BackupProblem {
  if (error instanceof NoSpace) return "no_space";
  if (error instanceof DiskFull) return "disk_full";
  if (error instanceof Damaged) return "damaged";
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOSPC" || code === "EDQUOT") return "disk_full";
  // makeBackup has put the error of the file system into a sentence already.
  if (/^The disk that holds /.test((error as Error).message)) return "disk_full";
  if (/^No permission to write|read-only disk|is not a folder/.test((error as Error).message))
    return "no_folder";
  return code === "ENOENT" || fileProblem(error, "", "") !== null ? "no_folder" : "other";
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}

/** Removes the oldest of our own beyond `keep`. A folder that somebody else made, or named anew, is never touched. */
async function removeOlder(parent: string, prefix: string, made: string, keep: number): Promise<string[]> {
  const own = new RegExp(`^${prefix}\\d{8}-\\d{6}$`);
  const names = (await readdir(parent)).filter((name) => own.test(name)).toSorted();
  const older = names.filter((name) => name < made).toReversed();
  const removed: string[] = [];
  for (const name of older.slice(Math.max(0, keep - 1))) {
    const folder = join(parent, name);
    // Only what is a backup: without a manifest it is somebody's own.
    if ((await readFile(join(folder, "manifest.json")).catch(() => null)) === null) continue;
    await rm(folder, { recursive: true, force: true });
    removed.push(folder);
  }
  return removed;
}
