import { execFile, spawn } from "node:child_process";
import { chown, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "#server/core/clock.ts";
import { freePort } from "./checks.ts";
import {
  type Binaries,
  clusterHome,
  type DatabaseUser,
  databaseUser,
  exists,
  findBinaries,
} from "./postgres-binaries.ts";
import { clearTheWay, findPostmaster, type Postmaster, stopPostmaster } from "./postmaster.ts";
import { fileProblem, Problem } from "./problem.ts";
import { ensureSecret, randomSecret } from "./secrets.ts";

const run = promisify(execFile);

/** A cluster that stands on the disk and whose server can be spawned with exactly this. */
export interface PreparedCluster {
  readonly dataDir: string;
  readonly command: string;
  /** The user it must run as; null = ours. */
  readonly user: DatabaseUser | null;
  /** The pid of an earlier supervisor's server that had to be stopped. */
  readonly stoppedOrphan: number | null;
  arguments(port: number): readonly string[];
  /** As the cluster's owner. */
  url(port: number, database: string): string;
}

export interface ClusterOptions {
  /** Folder of the cluster: its data (`pg`) and its owner's password (`pg.password`). */
  readonly dir: string;
  /** false = no fsync, for throw-away test clusters only. */
  readonly durable?: boolean;
}

const ownerUrl = (password: string, port: number, database: string): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;

/**
 * Brings a cluster to the point where its server can be started: makes it on first use (an interrupted making is
 * begun again), stops the orphan of an earlier supervisor, forgets a dead server's pid file. Scram passwords,
 * loopback only.
 */
export async function prepareCluster(options: ClusterOptions): Promise<PreparedCluster> {
  const { dir, durable = true } = options;
  const user = await databaseUser();
  const binaries = await findBinaries(user);
  await mkdir(dir, { recursive: true, mode: 0o711 });
  const home = await clusterHome(dir, user);
  const dataDir = join(home, "pg");
  const stands = await exists(join(dataDir, "PG_VERSION"));
  const passwordFile = join(dir, "pg.password");
  if (stands && !(await exists(passwordFile)))
    throw new Problem(
      `The database in ${dataDir} stands, but its password file ${passwordFile} is gone: put it back from a copy, or restore a backup into an empty DATA_DIR.`,
    );
  const password = await ensureSecret(passwordFile, randomSecret);
  if (stands) await checkVersion(dataDir, binaries);
  else await initialise({ home, dataDir, password, binaries, user, durable });
  const stoppedOrphan = await clearTheWay(dataDir);
  return {
    dataDir,
    command: binaries.postgres,
    user,
    stoppedOrphan,
    arguments: (port) => ["-D", dataDir, "-p", String(port), ...settings(durable)],
    url: (port, database) => ownerUrl(password, port, database),
  };
}

function settings(durable: boolean): string[] {
  const set = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
  ];
  if (!durable) set.push("fsync=off", "synchronous_commit=off", "full_page_writes=off");
  return set.flatMap((setting) => ["-c", setting]);
}

interface Making {
  readonly home: string;
  readonly dataDir: string;
  readonly password: string;
  readonly binaries: Binaries;
  readonly user: DatabaseUser | null;
  readonly durable: boolean;
}

/** Makes the cluster beside its place and renames it there, so that a half-made one is never taken for one. */
async function initialise(making: Making): Promise<void> {
  const { home, dataDir, user } = making;
  const fresh = `${dataDir}.new`;
  const passwordCopy = join(home, "pg.new.password");
  try {
    await rm(fresh, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
    await mkdir(fresh, { mode: 0o700 });
    await rm(passwordCopy, { force: true });
    await writeFile(passwordCopy, making.password, { mode: 0o600 });
    if (user !== null) {
      await chown(fresh, user.uid, user.gid);
      await chown(passwordCopy, user.uid, user.gid);
    }
    const options = `-U postgres --auth=scram-sha-256 -E UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8${making.durable ? "" : " --no-sync"}`;
    await run(making.binaries.initdb, ["-D", fresh, `--pwfile=${passwordCopy}`, ...options.split(" ")], {
      ...user,
      cwd: "/",
    });
    await rename(fresh, dataDir);
    await syncFolder(home);
  } catch (error) {
    const words = (error as { stderr?: string }).stderr ?? "";
    if (words.includes("No space left")) throw fileProblem({ code: "ENOSPC" }, home, "the database") ?? error;
    throw fileProblem(error, home, "the database") ?? error;
  } finally {
    await rm(passwordCopy, { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().catch(() => undefined); // not every file system can
  await folder.close();
}

async function checkVersion(dataDir: string, binaries: Binaries): Promise<void> {
  const made = (await readFile(join(dataDir, "PG_VERSION"), "utf8")).trim();
  const { stdout } = await run(binaries.postgres, ["--version"]);
  const ours = /(\d+)/.exec(stdout)?.[1] ?? "";
  if (made !== ours)
    throw new Problem(
      `The database in ${dataDir} was made by PostgreSQL ${made}, and this release brings ${ours}: make a backup with the release that made it, and restore it into an empty DATA_DIR.`,
    );
}

/** Waits until the server with this pid takes connections; false when it died or took too long. */
export async function untilReady(
  dataDir: string,
  pid: number,
  gone: () => boolean,
  timeoutMs = 60_000,
): Promise<boolean> {
  const until = systemClock.monotonic() + timeoutMs;
  while (!gone() && systemClock.monotonic() < until) {
    const found = await findPostmaster(dataDir);
    if (found?.process.pid === pid && found.ready) return true;
    await systemClock.sleep(20);
  }
  return false;
}

export interface Cluster {
  readonly port: number;
  /** As the cluster's owner. */
  url(database: string): string;
  stop(mode?: "fast" | "immediate"): Promise<void>;
}

/** Starts a cluster of one's own for a test run or a command. The plant's is started by its supervisor. */
export async function startCluster(options: ClusterOptions & { readonly port?: number }): Promise<Cluster> {
  const prepared = await prepareCluster(options);
  const port = options.port ?? (await freePort());
  const log = await open(join(options.dir, "server.log"), "a", 0o600);
  const child = spawn(prepared.command, prepared.arguments(port), {
    ...prepared.user,
    cwd: "/",
    stdio: ["ignore", log.fd, log.fd],
  });
  let gone = false;
  child.once("exit", () => (gone = true));
  child.once("error", () => (gone = true));
  await log.close();
  const pid = child.pid ?? 0;
  const ready = await untilReady(prepared.dataDir, pid, () => gone);
  if (!ready) {
    child.kill("SIGQUIT");
    const words = await readFile(join(options.dir, "server.log"), "utf8").catch(() => "");
    if (words.slice(-2000).includes("No space left"))
      throw fileProblem({ code: "ENOSPC" }, options.dir, "the database");
    throw new Error(`PostgreSQL did not start:\n${words.slice(-2000)}`);
  }
  child.unref();
  return {
    port,
    url: (database) => prepared.url(port, database),
    stop: async (mode = "fast") => {
      const running = await findPostmaster(prepared.dataDir);
      if (running !== null) await stopPostmaster(running.process, { immediate: mode === "immediate" });
    },
  };
}

/** The cluster of `dir` if its server runs now (a supervisor's, say); stopping it is not ours to do. */
export async function attachCluster(dir: string): Promise<(Cluster & { postmaster: Postmaster }) | null> {
  const home = await clusterHome(dir, null);
  const postmaster = await findPostmaster(join(home, "pg"));
  if (postmaster === null) return null;
  const password = (await readFile(join(dir, "pg.password"), "utf8")).trim();
  const { port } = postmaster;
  return { postmaster, port, url: (database) => ownerUrl(password, port, database), stop: async () => {} };
}

export { freePort };
