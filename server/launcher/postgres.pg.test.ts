import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "./folders.ts";
import { ChildRegister } from "./orphans.ts";
import { postgresPart } from "./parts.ts";
import { attachCluster, freePort, prepareCluster, startCluster } from "./postgres.ts";
import { clusterHome, databaseUser, findBinaries, mayReach } from "./postgres-binaries.ts";
import { findPostmaster } from "./postmaster.ts";
import { isAlive } from "./processes.ts";
import { Supervisor } from "./supervisor.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cluster-"));
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const dir = () => join(folder, "database");

async function ask<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

test("a cluster whose making was broken off is made from the beginning", async () => {
  await mkdir(join(dir(), "pg.new", "base"), { recursive: true });
  await writeFile(join(dir(), "pg.new", "PG_VERSION"), "18\n");
  const cluster = await startCluster({ dir: dir(), durable: false });
  await ask(cluster.url("postgres"), (sql) => sql`create table part (n int)`);
  expect((await stat(join(dir(), "pg.password"))).mode & 0o777).toBe(0o600);
  const stranger = new URL(cluster.url("postgres"));
  stranger.password = "guess";
  await expect(ask(stranger.href, (sql) => sql`select 1`)).rejects.toThrow(/password authentication failed/);
  await cluster.stop();
  expect(await attachCluster(dir())).toBeNull();
});

test("the orphan of a killed supervisor is found, and the next start stops it before it starts its own", async () => {
  const script = `
    import { startCluster } from ${JSON.stringify(pathToFileURL(join(projectRoot, "server/launcher/postgres.ts")).href)};
    await startCluster({ dir: ${JSON.stringify(dir())}, durable: false });
    process.stdout.write("up");
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  await once(parent.stdout, "data");
  parent.kill("SIGKILL");
  await once(parent, "exit");

  const orphan = await attachCluster(dir());
  expect(orphan).not.toBeNull();
  expect(await ask(orphan?.url("postgres") ?? "", (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);

  const prepared = await prepareCluster({ dir: dir(), durable: false });
  expect(prepared.stoppedOrphan).toBe(orphan?.postmaster.process.pid);
  expect(orphan !== null && isAlive(orphan.postmaster.process)).toBe(false);
  expect(await findPostmaster(prepared.dataDir)).toBeNull();
});

test("the pid file of a dead server does not keep a new one from starting, whoever has its number now", async () => {
  const dataDir = join(await clusterHome(dir(), await databaseUser()), "pg");
  await writeFile(
    join(dataDir, "postmaster.pid"),
    `${process.pid}\n${dataDir}\n1700000000\n5432\n\n127.0.0.1\n\nready\n`,
  );
  const cluster = await startCluster({ dir: dir(), durable: false });
  await cluster.stop();
});

test("a Postgres that is killed comes back at its port with all that was committed", async () => {
  const cluster = await prepareCluster({ dir: dir(), durable: true });
  const port = await freePort();
  const said: string[] = [];
  const house = new Supervisor({
    logFolder: folder,
    register: new ChildRegister(folder),
    say: (line) => void said.push(line),
  });
  await house.start(postgresPart(cluster, port));
  try {
    await ask(cluster.url(port, "postgres"), (sql) => sql`insert into part values (7)`);
    await house.kill("postgres");
    await house.settled();
    expect(await ask(cluster.url(port, "postgres"), (sql) => sql`select n from part`)).toEqual([{ n: 7 }]);
    expect(said[0]).toBe("postgres ended (signal SIGKILL) and is started again in 0.25 s");
  } finally {
    await house.stop();
  }
  expect(await findPostmaster(cluster.dataDir)).toBeNull();
});

test("where the database's user cannot enter the clone, data and binaries go where it can", async (context) => {
  const user = await databaseUser();
  if (user === null) {
    context.skip("only root starts the database as another user");
    return;
  }
  const closed = join(folder, "closed");
  await mkdir(join(closed, "database"), { recursive: true });
  await chmod(closed, 0o700);
  expect(await mayReach(closed, user)).toBe(false);
  const home = await clusterHome(join(closed, "database"), user);
  try {
    expect(await mayReach(home, user)).toBe(true);
    // The next start finds the same place.
    expect(await clusterHome(join(closed, "database"), user)).toBe(home);
    const cluster = await startCluster({ dir: join(closed, "database"), durable: false });
    expect(await ask(cluster.url("postgres"), (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
    expect(await readFile(join(home, "pg", "PG_VERSION"), "utf8")).toMatch(/^\d+\n$/);
    await cluster.stop("immediate");
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  expect(await mayReach((await findBinaries(user)).postgres, user)).toBe(true);
});
