import { tmpdir } from "node:os";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "#server/core/log.ts";
import { defaultBackupPlan } from "#server/execution/house/backup.contract.ts";
import type { HouseView } from "#server/execution/house/house.contract.ts";
import { houseSchedules } from "#server/execution/house/house.schedules.ts";
import { defaultRetention } from "#server/execution/house/retention.contract.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { houseRoutes } from "./house.ts";

let house: TestHouse;
let administrator: TestBrowser;
beforeAll(async () => {
  house = await testHouse([houseRoutes(["rollups"], () => Promise.reject(new Error("no bundle here")))]);
  administrator = await house.signedIn("administrator");
});
afterAll(() => house.close());

const view = async () => (await administrator.get("/house")).body as HouseView;

async function run(name: string): Promise<void> {
  const { db, clock } = house;
  const schedule = houseSchedules({ dataDir: tmpdir(), readers: [] }).find((one) => one.name === name);
  if (schedule === undefined) throw new Error(`no schedule ${name}`);
  await db.transaction((tx) => schedule.run({ tx, now: clock.now(), log: silentLogger }));
}

const audited = async (action: string) => {
  const rows = await house.db.execute<{ before: unknown; after: unknown }>(
    sql`select before, after from audit where action = ${action} order by seq`,
  );
  return [...rows];
};

test("an administrator sees how the house stands; a supervisor neither sees nor changes it", async () => {
  const supervisor = await house.signedIn("supervisor");
  expect((await supervisor.get("/house")).status).toBe(403);
  for (const path of ["backup", "backup-plan", "retention", "space"])
    expect((await supervisor.post(`/house/${path}`, {})).body.refusal?.code).toMatch(/not_allowed|invalid/);
  expect(await view()).toMatchObject({
    backup: {
      plan: defaultBackupPlan,
      timeZone: "UTC",
      busy: false,
      lastGood: null,
      failed: null,
      old: false,
    },
    space: { now: null, left: { kind: "unknown" }, short: false },
    retention: { setting: defaultRetention, held: [] },
  });
});

test("a backup is asked for once at a time, and that stands in the audit", async () => {
  expect((await administrator.post("/house/backup")).status).toBe(200);
  expect((await administrator.post("/house/backup")).body.refusal).toMatchObject({ code: "backup_running" });
  expect((await view()).backup.busy).toBe(true);
  expect(await audited("backup.ask")).toEqual([{ before: null, after: { cause: "person" } }]);
});

test("the plan of backups is a setting with before and after, and takes no folder that is no whole path", async () => {
  const plan = { enabled: true, at: "04:15", keep: 3, folder: "/mnt/nas" };
  expect((await administrator.post("/house/backup-plan", { ...plan, folder: "backups" })).status).toBe(400);
  expect((await administrator.post("/house/backup-plan", { ...plan, folder: "/a\n/b" })).status).toBe(400);
  expect((await administrator.post("/house/backup-plan", { ...plan, at: "24:00" })).status).toBe(400);
  expect((await administrator.post("/house/backup-plan", plan)).status).toBe(200);
  expect((await view()).backup.plan).toEqual(plan);
  expect(await audited("backup.plan")).toEqual([{ before: defaultBackupPlan, after: plan }]);
});

test("minutes are never kept shorter than the raw readings they were made of", async () => {
  const refused = await administrator.post("/house/retention", { ...defaultRetention, energyDays: 500 });
  expect(refused.body.refusal).toEqual({
    code: "rollups_shorter",
    params: { days: 500 },
    field: "rollup1mDays",
  });
  const setting = { ...defaultRetention, energyDays: 500, rollup1mDays: 500 };
  expect((await administrator.post("/house/retention", setting)).status).toBe(200);
  expect((await view()).retention.setting).toEqual(setting);
  expect(await audited("retention.set")).toEqual([{ before: defaultRetention, after: setting }]);
  expect((await administrator.post("/house/retention", { ...setting, processDays: 6 })).status).toBe(400);
});

test("however often the disk is measured there is one sample a day, and the page says that it cannot tell yet", async () => {
  await run("house.space");
  await run("house.space");
  const { space } = await view();
  expect(space).toMatchObject({ days: 1, left: { kind: "unknown" }, diskPerDay: null });
  expect(space.now?.freeBytes).toBeGreaterThan(0);
  expect(space.now?.totalBytes).toBeGreaterThan(space.now?.freeBytes ?? 0);
  expect(space.now?.databaseBytes).toBeGreaterThan(1_000_000);
});

test("a disk that will be full in ten days is an alarm until there is room or the limit is lower", async () => {
  const { db } = house;
  // Ten gigabytes a day on a disk of a thousand, a hundred left.
  await db.execute(sql`delete from disk_sample`);
  await db.execute(sql`insert into disk_sample (day, at, free_bytes, total_bytes, database_bytes)
    select (now() - make_interval(days => d))::date, now() - make_interval(days => d), (150 + 10 * d)::int8 * 1000000000,
      1000000000000, 1 from unnest('{0,1,2,3}'::int[]) d`);
  const open = async () => {
    await run("house.watch");
    const rows = await db.execute<{ state: string; params: object }>(
      sql`select state, params from alarm where kind = 'disk_space' order by raised_at`,
    );
    return rows.map(({ state, params }) => ({ state, params }));
  };
  expect(await open()).toEqual([]);
  await db.execute(sql`update disk_sample set free_bytes = free_bytes - 50000000000`);
  expect((await view()).space).toMatchObject({ left: { kind: "days", days: 10 }, short: true });
  const params = { gigabytes: 100, percent: 10, days: 10 };
  expect(await open()).toEqual([{ state: "unack", params }]);
  expect((await administrator.post("/house/space", { days: 9, freePercent: 5 })).status).toBe(200);
  expect(await open()).toEqual([{ state: "normal", params }]);
  await db.execute(sql`update disk_sample set free_bytes = 1000000000`);
  expect((await open()).map(({ state }) => state)).toEqual(["normal", "unack"]);
  expect(await audited("space.limit")).toHaveLength(1);
});
