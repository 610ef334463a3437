import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Db, openDb } from "#db/client.ts";
import { backupRun } from "#db/schema/core/house.ts";
import { testDb } from "#db/testing.ts";
import { founderActor, serviceActor } from "#server/core/actor.contract.ts";
import { ManualClock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { askBackup, planBackups, startBackup } from "#server/execution/house/backup.commands.ts";
import { type BackupPlan, defaultBackupPlan } from "#server/execution/house/backup.contract.ts";
import { houseSchedules } from "#server/execution/house/house.schedules.ts";
import { proveArchive, writeManifest } from "./archive.ts";
import { BackupKeeper } from "./backup-keeper.ts";
import { dropDatabase, ensureDatabase } from "./database.ts";
import { projectRoot } from "./folders.ts";
import { keepBackup } from "./keep-backup.ts";
import { loadBackup } from "./load-backup.ts";

const founder = founderActor("test");
let handle: Awaited<ReturnType<typeof testDb>> | undefined;
let url: string;
/** As role `app`, as the server and the keeper work. */
let db: Db;
let folder: string;
let clock: ManualClock;

async function close(): Promise<void> {
  if (handle === undefined) return;
  await db.$client.end({ timeout: 1 });
  await handle.close();
  await rm(folder, { recursive: true, force: true });
}
beforeEach(async () => {
  await close();
  handle = await testDb();
  url = handle.url;
  const app = new URL(url);
  app.username = "app";
  app.password = "app";
  db = openDb({ url: app.href, max: 3, name: "keep-test" });
  folder = await mkdtemp(join(tmpdir(), "keep-"));
  clock = new ManualClock(systemClock.now());
  await db.execute(sql`insert into setting (key, value) values ('house', '{"kind": "plant"}')`);
});
afterAll(close);

const backups = () => join(folder, "backups");
const folders = () => ({
  secrets: join(folder, "secrets"),
  certificates: join(folder, "certificates"),
  backups: backups(),
});

const plan = (change: Partial<BackupPlan>) =>
  planBackups.execute({ db, clock }, founder, crypto.randomUUID(), { ...defaultBackupPlan, ...change });

async function ask(): Promise<string> {
  const { runId } = await askBackup.execute({ db, clock }, founder, crypto.randomUUID(), {});
  return runId;
}

/** Asks for a backup and makes it, a minute after the last one. */
async function back(reserveBytes = 0) {
  clock.advance(60_000);
  const runId = await ask();
  await startBackup.execute({ db, clock }, serviceActor("test"), crypto.randomUUID(), { runId });
  return keepBackup({ db, ownerUrl: url, folders: folders(), runId, clock, reserveBytes });
}

/** The open alarms of the house, as the server's schedule sees them now. */
async function alarms(): Promise<string[]> {
  const watch = houseSchedules({ dataDir: folder, readers: [] }).find(({ name }) => name === "house.watch");
  await db.transaction(async (tx) => watch?.run({ tx, now: clock.now(), log: silentLogger }));
  const rows = await db.execute<{ kind: string; problem: string | null }>(
    sql`select kind, params ->> 'problem' as problem from alarm where state <> 'normal' order by kind`,
  );
  return rows.map(({ kind, problem }) => (problem === null ? kind : `${kind}: ${problem}`));
}

test("a backup that was asked for is made, proven, written down, and can be restored", async () => {
  await db.execute(sql`insert into equipment (level, code, name) values ('site', 's', 'Ours')`);
  const end = await back();
  expect(end).toMatchObject({ state: "good", removed: [] });
  const [run] = await db.select().from(backupRun);
  expect(run).toMatchObject({ state: "good", cause: "person", problem: null });
  expect(run?.bytes).toBeGreaterThan(1000);
  const manifest = await proveArchive(run?.folder ?? "");
  const empty = url.replace(/\/t_/, "/k_");
  await ensureDatabase(empty);
  try {
    await loadBackup({ archive: run?.folder ?? "", manifest, ownerUrl: empty });
    const restored = openDb({ url: empty, max: 1 });
    const [site] = await restored.execute<{ name: string }>(sql`select name from equipment`);
    await restored.$client.end({ timeout: 1 });
    expect(site?.name).toBe("Ours");
  } finally {
    await dropDatabase(empty);
  }
  expect(await alarms()).toEqual([]);
});

test("a folder that cannot be written raises an alarm, and the next good backup settles it", async () => {
  const file = join(folder, "no-folder");
  await writeFile(file, "");
  await plan({ folder: join(file, "below") });
  expect(await back()).toMatchObject({ state: "failed", problem: "no_folder" });
  expect(await alarms()).toEqual(["backup_failed: no_folder"]);
  expect(await alarms()).toEqual(["backup_failed: no_folder"]);
  await plan({ folder: null });
  expect(await back()).toMatchObject({ state: "good" });
  expect(await alarms()).toEqual([]);
  const [row] = await db.execute<{ states: string[] }>(sql`
    select array_agg(e.kind order by e.id) as states from alarm_event e join alarm a on a.id = e.alarm_id
    where a.kind = 'backup_failed'`);
  expect(row?.states).toEqual(["raised", "returned"]);
});

test("older backups go only after a good one, and only our own", async () => {
  await plan({ keep: 2 });
  await back();
  await back();
  const own = await readdir(backups());
  await mkdir(join(backups(), "auto-plant-20200101-000000"));
  await mkdir(join(backups(), "plant-20200101-000000"));
  await mkdir(join(backups(), "auto-demo-20200101-000000"));
  await writeFile(join(backups(), "auto-demo-20200101-000000", "manifest.json"), "{}");
  await mkdir(join(backups(), "auto-plant-20200102-000000.partial"));
  await plan({ keep: 2, folder: "/dev/null/nowhere" });
  expect(await back()).toMatchObject({ state: "failed" });
  expect((await readdir(backups())).filter((name) => own.includes(name))).toEqual(own);
  await plan({ keep: 2 });
  const end = await back();
  const [oldest = "", newer = ""] = own.toSorted();
  expect(end).toMatchObject({ state: "good", removed: [join(backups(), oldest)] });
  const left = await readdir(backups());
  expect(left).toContain(newer);
  expect(left).toEqual(
    expect.arrayContaining([
      "auto-demo-20200101-000000",
      "auto-plant-20200101-000000",
      "plant-20200101-000000",
    ]),
  );
  expect(left.some((name) => name.endsWith(".partial"))).toBe(false);
});

test("a backup that would eat the reserve of its disk is not begun", async () => {
  expect(await back(2 ** 60)).toMatchObject({ state: "failed", problem: "no_space" });
  expect(await readdir(backups())).toEqual([]);
  expect(await alarms()).toEqual(["backup_failed: no_space"]);
});

test("a disk that runs full in the middle fails the backup, and what was there before stays", async (context) => {
  const disk = join(folder, "disk");
  await mkdir(disk);
  const isRoot = process.getuid?.() === 0; // oxlint-disable-line node/no-process-env
  if (!isRoot || spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]).status !== 0) {
    context.skip("only root may mount a small disk");
    return;
  }
  try {
    await plan({ folder: disk });
    expect(await back()).toMatchObject({ state: "good" });
    const before = await readdir(disk);
    // Text that does not pack: more than the disk holds, though the last backup was small.
    await db.execute(sql`insert into fact (topic, scope, data, at)
      select 'test', 'plant', jsonb_build_object('text', (select string_agg(md5(random()::text), '') from generate_series(1, 300) where n > 0)), now()
      from generate_series(1, 6000) n`);
    expect(await back()).toMatchObject({ state: "failed", problem: "disk_full" });
    expect(await readdir(disk)).toEqual(before);
    expect(await alarms()).toEqual(["backup_failed: disk_full"]);
    const reserve = 10 * 1024 * 1024;
    expect(await back(reserve)).toMatchObject({
      problem: "disk_full",
      detail: expect.stringContaining("reserve"),
    });
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("what lies on the disk is read back: a changed byte, and rows that are missing, are damage", async () => {
  const end = await back();
  const made = end.state === "good" ? end.folder : "";
  await expect(proveArchive(made)).resolves.toMatchObject({ kind: "plant" });
  const manifest = await proveArchive(made);
  const tables = manifest.tables.map((t) => (t.name === "setting" ? { ...t, rows: t.rows + 1 } : t));
  await writeManifest(made, { ...manifest, tables });
  await expect(proveArchive(made)).rejects.toThrow("setting.copy.gz is not what was written");
  await writeManifest(made, manifest);
  await appendFile(join(made, "tables", "setting.copy.gz"), "x");
  await expect(proveArchive(made)).rejects.toThrow("setting.copy.gz is not what was written");
});

test("a plant without a good backup for a day and two hours is told of it, until there is one", async () => {
  await back();
  clock.advance(26 * 3_600_000);
  expect(await alarms()).toEqual([]);
  clock.advance(3_600_000);
  expect(await alarms()).toEqual(["backup_old"]);
  await plan({ enabled: false });
  expect(await alarms()).toEqual([]);
  await plan({});
  expect(await alarms()).toEqual(["backup_old"]);
  await back();
  expect(await alarms()).toEqual([]);
});

test("the schedule asks once a night, in the plant's own time", async () => {
  await plan({ at: "02:30" });
  const at = (text: string) => clock.jumpTo(Date.parse(text));
  await db.execute(
    sql`insert into equipment (level, code, name, time_zone) values ('site', 's', 'Ours', 'Asia/Tokyo')`,
  );
  const night = houseSchedules({ dataDir: folder, readers: [] }).find(({ name }) => name === "house.night");
  const asked = async (text: string) => {
    at(text);
    await db.transaction(async (tx) => night?.run({ tx, now: clock.now(), log: silentLogger }));
    await db.execute(sql`update backup_run set state = 'good', ended_at = asked_at, started_at = asked_at, folder = 'x', bytes = 1
      where state = 'asked'`);
    return (await db.select().from(backupRun)).length;
  };
  const day = new Date(systemClock.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const next = new Date(systemClock.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  expect(await asked(`${day}T17:31:00Z`)).toBe(1);
  expect(await asked(`${day}T23:00:00Z`)).toBe(1);
  expect(await asked(`${next}T17:29:00Z`)).toBe(1);
  expect(await asked(`${next}T17:30:00Z`)).toBe(2);
});

/** Waits until it holds: the keeper works by itself. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 20_000, interval: 20 }).toBe(true);
}
const stateOf = async (id: string) =>
  (await db.select().from(backupRun).where(eq(backupRun.id, id)))[0]?.state;

test("the launcher makes what the server asks for, in a process of its own, and sees when one is gone", async () => {
  const app = new URL(url);
  app.username = "app";
  app.password = "app";
  const make = async (runId: string) => {
    const program = join(projectRoot, "server/launcher/keep-backup-main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", program, runId], {
      cwd: projectRoot,
      env: {
        NODE_ENV: "test",
        PATH: process.env["PATH"] ?? "", // oxlint-disable-line node/no-process-env
        DATABASE_URL: app.href,
        OWNER_DATABASE_URL: url,
        HOUSE_ROOT: folder,
        DEMO: "0",
      },
      stdio: "ignore",
    });
    await once(child, "exit");
  };
  const keeper = new BackupKeeper({ databaseUrl: app.href, make, say: () => {}, everyMs: 50 });
  keeper.start();
  try {
    const id = await ask();
    await until(async () => (await stateOf(id)) === "good");
    const [name = ""] = await readdir(backups());
    expect(name).toMatch(/^auto-plant-\d{8}-\d{6}$/);
    await rename(join(backups(), name), join(folder, "moved"));
    await until(async () => (await db.select().from(backupRun))[0]?.goneAt instanceof Date);
  } finally {
    await keeper.stop();
  }
}, 60_000);

test("a backup whose process died is told as broken off, and the next one may be asked for", async () => {
  const app = new URL(url);
  app.username = "app";
  app.password = "app";
  const make = () => Promise.reject(new Error("killed"));
  const said: string[] = [];
  const keeper = new BackupKeeper({
    databaseUrl: app.href,
    make,
    say: (line) => said.push(line),
    everyMs: 50,
  });
  const id = await ask();
  await expect(ask()).rejects.toMatchObject({ code: "backup_running" });
  keeper.start();
  try {
    await until(async () => (await stateOf(id)) === "failed");
    expect(said).toEqual(["The backup could not be made: killed"]);
    expect(await alarms()).toEqual(["backup_failed: broken_off"]);
    await ask();
  } finally {
    await keeper.stop();
  }
});
