import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone: where package.json lies. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Where one plant keeps what is its own. The demo lives in `DATA_DIR/demo`, so that it can be wiped without
 * touching a real plant beside it; certificates are shared, since tablets were told to trust them.
 */
export interface Folders {
  /** What `DATA_DIR` is for the children: database, queue, uploads, logs. */
  readonly house: string;
  readonly secrets: string;
  readonly logs: string;
  /** The embedded cluster's folder (see postgres.ts). */
  readonly database: string;
  readonly certificates: string;
  readonly backups: string;
}

export function foldersOf(dataDir: string, demo: boolean): Folders {
  const root = resolve(projectRoot, dataDir);
  const house = demo ? join(root, "demo") : root;
  return {
    house,
    secrets: join(house, "secrets"),
    logs: join(house, "logs"),
    database: join(house, "database"),
    certificates: join(root, "certificates"),
    backups: join(root, "backups"),
  };
}

/** What belongs to the machine rather than to the data on it. */
const stays = new Set([
  "database",
  "secrets",
  "logs",
  "certificates",
  "backups",
  "supervisor.lock",
  "children.json",
]);

/** Removes the queues, caches and uploads that belong to a database which is made anew. */
export async function emptyHouse(folders: Folders): Promise<void> {
  for (const name of await readdir(folders.house)) {
    if (!stays.has(name)) await rm(join(folders.house, name), { recursive: true, force: true });
  }
  await rm(join(folders.secrets, "demo-stations.json"), { force: true });
}

/** Makes the folders: others may pass through (the database's user must), only their owner may look. */
export async function makeFolders(folders: Folders): Promise<void> {
  for (const path of [dirname(folders.certificates), folders.house, folders.database]) {
    await mkdir(path, { recursive: true, mode: 0o711 });
    // As root the database runs as another user: a folder that was closed (0700) is opened for passing only.
    if (process.getuid?.() === 0) await chmod(path, (await stat(path)).mode | 0o011);
  }
  for (const path of [folders.secrets, folders.logs, folders.certificates]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  }
}
