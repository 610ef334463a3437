import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { ManualClock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { plantMachines } from "#server/device/simulator/layout.ts";
import { metricsFor } from "#server/device/simulator/metrics.ts";
import { recompute } from "#server/enterprise/oee/recompute.ts";
import { oeeReport } from "#server/enterprise/oee/report.queries.ts";
import { machineList, machineView } from "#server/execution/machine-state/machines.queries.ts";
import { createHistory } from "./history.ts";
import { createOrdersRunner } from "./orders-runner.ts";
import { ForeignPlant, seedDemo } from "./seed.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const speed = 20;
const start = systemClock.now();
const clock = new ManualClock(start);
const cell = { url: "opc.tcp://127.0.0.1:4840", thumbprint: "0".repeat(40) };
const options = { clock, speed, edgeToken: "e", packerToken: "p", cell, pepper: "x", log: silentLogger };
const count = async (table: string) =>
  (await handle.db.execute<{ n: number }>(sql`select count(*)::int as n from ${sql.identifier(table)}`))[0]
    ?.n;

test("the seed makes the plant once, however often it is called", async () => {
  const { db } = handle;
  await seedDemo(db, options);
  const before = await Promise.all(
    ["work_unit", "tag", "person", "station", "production_order", "lot", "shift_instance"].map(count),
  );
  await seedDemo(db, options);
  expect(
    await Promise.all(
      ["work_unit", "tag", "person", "station", "production_order", "lot", "shift_instance"].map(count),
    ),
  ).toEqual(before);
  expect(before.slice(0, 4)).toEqual([
    8,
    plantMachines.reduce((n, m) => n + metricsFor(m.kind, speed).length, 0),
    8,
    8,
  ]);
  const machines = await machineList(db, clock.now());
  expect(machines.map((m) => m.code)).toEqual(plantMachines.map((m) => m.code));
  const press = await machineView(db, "press-2", clock.now());
  const melt = press?.tags.find((t) => t.metric === "press-2/MeltTemperature");
  const setpoint = press?.tags.find((t) => t.metric === "press-2/MeltSetpoint");
  expect(melt?.setpointTagId).toBe(setpoint?.id);
  expect(setpoint?.writable).toMatchObject({ min: 200, max: 260 });
  expect(press?.microStopMs).toBe(6000);
  expect(press?.nextJob).toMatchObject({ productCode: "CAP-28", cycleMs: 1200, idealMs: 150 });
});

test("the record of earlier changes has all three verdicts", async () => {
  const rows = await handle.db.execute<{ state: string }>(
    sql`select distinct state from adjustment order by state`,
  );
  expect(rows.map((r) => r.state)).toEqual(["cannot_tell", "did_not_help", "helped"]);
});

test("a plant that the demo did not make is left alone", async () => {
  const other = await testDb();
  try {
    await other.db.execute(
      sql`insert into equipment (level, code, name) values ('site', 's', 'Somebody else')`,
    );
    await expect(seedDemo(other.db, options)).rejects.toThrow(ForeignPlant);
  } finally {
    await other.close();
  }
});

test("orders flow: each position gets a job with its lot, and there are always more to come", async () => {
  const { db } = handle;
  const runner = createOrdersRunner({ db, clock, log: silentLogger, speed });
  await runner.round();
  await runner.round();
  const machines = await machineList(db, clock.now());
  expect(machines.map((m) => [m.code, m.jobs.length])).toEqual([
    ["press-1", 1],
    ["press-2", 1],
    ["press-3", 1],
    ["press-4", 1],
    ["oven-1", 4],
    ["packer-1", 1],
    ["cnc-1", 1],
    ["cnc-2", 1],
  ]);
  expect(machines[0]?.jobs[0]?.lots.map((l) => l.code)).toEqual(["PP-1001"]);
  const [waiting] = await db.execute<{ least: number }>(sql`
    select min(n)::int as least from (select count(*) as n from job where state = 'ready' group by machine_id) x`);
  expect(waiting?.least).toBeGreaterThanOrEqual(3);

  // What is made is finished and becomes a lot, and the next job begins.
  const job = machines[0]?.jobs[0];
  await db.execute(sql`
    insert into count_bucket (machine_id, start, job_id, good, scrap, cycles, ideal_ms, ideal_good_ms)
    values (${machines[0]?.id}, now(), ${job?.jobId}, ${job?.quantity}, 0, 0, 0, 0)`);
  clock.advance(60_000);
  await runner.round();
  const [next] = (await machineList(db, clock.now()))[0]?.jobs ?? [];
  expect(next?.jobId).not.toBe(job?.jobId);
  expect(next?.state).toBe("running");
  const [lot] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from lot where code = ${`L-${job?.orderCode}`}`,
  );
  expect(lot?.n).toBe(1);
});

test("the past is filled day by day, once, by the plant's own code, and says nothing live", async () => {
  const { db } = handle;
  const facts = await count("fact");
  const history = createHistory({
    db,
    clock: { ...systemClock, now: () => clock.now(), sleep: async () => {} },
    log: silentLogger,
    speed,
  });
  await history.fill(2);
  const rows = await Promise.all(["reading", "machine_state", "stop", "oee_shift"].map(count));
  expect(rows[0]).toBeGreaterThan(50_000);
  for (const n of rows) expect(n).toBeGreaterThan(10);
  await history.fill(2);
  expect(await Promise.all(["reading", "machine_state", "stop", "oee_shift"].map(count))).toEqual(rows);
  expect(await count("fact")).toBe(facts);

  const report = await oeeReport(db, { from: start - 5 * 86_400_000, to: start, by: "machine" });
  expect(report.rows).toHaveLength(8);
  for (const { view } of report.rows) {
    expect(view.ratios.oee).toBeGreaterThan(0.4);
    expect(view.ratios.oee).toBeLessThan(1);
    expect(view.ratios.completeness).toBeGreaterThan(0.99);
    expect(view.warnings).toEqual([]);
  }
  const [press] = await db.execute<{ id: number; from: number }>(sql`
    select id, (select extract(epoch from min(lower(during))) * 1000 from machine_state where machine_id = work_unit.id)::float8 as from
    from work_unit where code = 'press-1'`);
  expect(await recompute(db, [press?.id ?? 0], press?.from ?? 0, start - 3_600_000)).toEqual([]);
}, 120_000);
