import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { stopReason, stopReasonClass } from "#db/schema/execution/production.ts";
import { shiftPattern } from "#db/schema/execution/shifts.ts";
import { ManualClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { counterReactions } from "#server/execution/counters/counters.reactions.ts";
import { explainStop } from "#server/execution/machine-state/machine-state.commands.ts";
import { machineStateSchedules } from "#server/execution/machine-state/machine-state.schedules.ts";
import { stopsBetween } from "#server/execution/machine-state/stops.queries.ts";
import { startJob } from "#server/execution/orders/orders.commands.ts";
import { expandAllShifts } from "#server/execution/shifts/expand.ts";
import { shiftsBetween } from "#server/execution/shifts/shifts.queries.ts";
import {
  type Said,
  testHand,
  testJob,
  testLane,
  type TestMachine,
  testMachine,
} from "#server/execution/testing.ts";
import { oeeReactions } from "./oee.reactions.ts";
import { runningOee } from "./oee.queries.ts";
import { oeeSchedules } from "./oee.schedules.ts";
import { recompute } from "./recompute.ts";
import { oeeReport } from "./report.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

// 06:00 in Berlin, the start of the early shift on a Sunday in winter.
const early = Date.UTC(2026, 10, 22, 5);
const hour = 3_600_000;
const minute = 60_000;

async function plantWithShifts(code: string): Promise<TestMachine> {
  const m = await testMachine(handle.db, code);
  const pattern = { lineId: m.lineId, weekdays: [1, 2, 3, 4, 5, 6, 7] };
  await handle.db.insert(shiftPattern).values([
    {
      ...pattern,
      code: "E",
      name: "Early",
      startLocal: "06:00",
      endLocal: "14:00",
      breaks: [{ start: "10:00", end: "10:30" }],
    },
    { ...pattern, code: "L", name: "Late", startLocal: "14:00", endLocal: "22:00" },
  ]);
  await handle.db.transaction((tx) => expandAllShifts(tx, early, 0, 1));
  return m;
}

async function runSchedules(now: number): Promise<void> {
  for (const schedule of [...machineStateSchedules, ...oeeSchedules])
    await handle.db.transaction((tx) => schedule.run({ tx, now, log: silentLogger }));
}

/** A machine that says its state each 30 s and counts a part a minute while it runs. */
function told(from: number, to: number, word: string, countFrom: number): Said[] {
  const said: Said[] = [];
  for (let at = from; at < to; at += minute / 2) said.push({ at, what: "state", value: word });
  if (word === "running")
    for (let i = 0, at = from; at < to; at += minute, i++)
      said.push({ at, what: "good", value: countFrom + i });
  return said.toSorted((a, b) => a.at - b.at);
}

test("13.2: a stop across the end of a shift counts in both; the ended shift is closed, and a late word restates it", async () => {
  const { db } = handle;
  const m = await plantWithShifts("o-1");
  const clock = new ManualClock(early);
  const reactions = [...counterReactions, ...oeeReactions];
  const runner = createRunner({ db, clock, log: silentLogger, reactions, schedules: [] });
  const { jobId } = await testJob(db, m, "PO-1", { cycleMs: minute, parts: 1 });
  await startJob.execute({ db, clock }, testHand, randomUUID(), { machineId: m.id, jobId });
  await runner.drain();
  const lane = testLane(db, createConsumers());

  const stopAt = early + 7.5 * hour;
  const endOfStop = early + 8.5 * hour;
  await lane.hear(m, [{ at: early, what: "good", value: 0 }, ...told(early + 1000, stopAt, "running", 1)]);
  await lane.hear(m, told(stopAt, early + 8 * hour + minute, "stopped", 0));
  clock.jumpTo(early + 8 * hour + minute);
  await runSchedules(clock.now());
  const [running] = await runningOee(db, clock.now(), "o-1");
  expect(running?.shiftName).toBe("Late");
  expect(running?.buckets.adet).toBe(minute);

  await lane.hear(m, told(early + 8 * hour + minute, endOfStop, "stopped", 0));
  await lane.hear(m, told(endOfStop, early + 9 * hour, "running", 450));
  clock.jumpTo(early + 9 * hour);
  await runner.drain();
  await runSchedules(clock.now());
  const versions = () =>
    db
      .select()
      .from(oeeShift)
      .where(eq(oeeShift.machineId, m.id))
      .orderBy(asc(oeeShift.shiftId), asc(oeeShift.version));
  const [first, late] = await versions();
  expect([first?.closed, first?.adet, late?.closed, late?.adet]).toEqual([
    true,
    30 * minute,
    false,
    30 * minute,
  ]);
  // It ran through the break, and the first second was before the first state: 7.5 h of 8 h less one second.
  expect(first).toMatchObject({
    pot: 8 * hour,
    plannedDown: 0,
    noData: 1000,
    apt: 7.5 * hour - 1000,
    good: 450,
    idealGoodMs: 450 * minute,
  });

  // Twenty minutes later somebody says that it was planned maintenance.
  const [reason] = await db
    .insert(stopReason)
    .values({ code: "pm", name: "Planned maintenance" })
    .returning();
  await db.insert(stopReasonClass).values({ reasonId: reason?.id ?? 0, planned: true });
  const [stop] = await stopsBetween(db, [m.id], early, clock.now());
  await explainStop.execute({ db, clock }, testHand, randomUUID(), {
    machineId: m.id,
    stopId: stop?.id,
    reasonId: reason?.id,
  });
  await runner.drain();
  await runSchedules(clock.now());
  const after = await versions();
  expect(
    after.map((v) => [v.shiftName, v.version, v.closed, v.supersededAt !== null, v.adet, v.plannedDown]),
  ).toEqual([
    ["Early", 1, true, true, 30 * minute, 0],
    ["Early", 2, true, false, 0, 30 * minute],
    ["Late", 1, false, false, 0, 30 * minute],
  ]);
  await expect(
    db.execute(sql`update oee_shift set good = 1 where machine_id = ${m.id} and closed`),
  ).rejects.toThrow();
  await expect(
    db.execute(sql`delete from oee_shift where machine_id = ${m.id} and closed`),
  ).rejects.toThrow();

  const report = await oeeReport(db, { from: early, to: clock.now(), by: "shift", machine: "o-1" });
  expect(report.rows.map((r) => [r.key, r.view.restated])).toEqual([
    ["Early", 1],
    ["Late", 0],
  ]);
  const { availability, performance, quality, oee } = report.total.ratios;
  expect((availability ?? 0) * (performance ?? 0) * (quality ?? 0)).toBeCloseTo(oee ?? -1, 9);
});

test("what is stored equals a recomputation from the readings, whatever order they came in, and a change is found", async () => {
  const { db } = handle;
  const m = await plantWithShifts("o-2");
  const clock = new ManualClock(early);
  const runner = createRunner({
    db,
    clock,
    log: silentLogger,
    reactions: [...counterReactions, ...oeeReactions],
    schedules: [],
  });
  const { jobId } = await testJob(db, m, "PO-2", { cycleMs: minute, parts: 1 });
  await startJob.execute({ db, clock }, testHand, randomUUID(), { machineId: m.id, jobId });
  const lane = testLane(db, createConsumers());
  const held = told(early + hour, early + 2 * hour, "running", 60);
  await lane.hear(m, told(early, early + hour, "running", 0));
  await lane.hear(m, told(early + 2 * hour, early + 3 * hour, "fault", 0));
  await lane.hear(m, told(early + 3 * hour, early + 8 * hour, "running", 120));
  clock.jumpTo(early + 8 * hour + 5 * minute);
  await runner.drain();
  await runSchedules(clock.now());
  const [before] = await db
    .select()
    .from(oeeShift)
    .where(eq(oeeShift.machineId, m.id))
    .orderBy(asc(oeeShift.shiftId))
    .limit(1);
  expect(before).toMatchObject({ closed: true, version: 1 });
  expect(before?.noData).toBeGreaterThan(50 * minute);

  // The edge was cut off from the server for an hour and now delivers.
  for (let i = 0; i < held.length; i += 50)
    await lane.hear(m, held.slice(i, i + 50), { now: clock.now(), historical: true });
  await runner.drain();
  await runSchedules(clock.now());
  const [restated] = await db
    .select()
    .from(oeeShift)
    .where(sql`machine_id = ${m.id} and version = 2`);
  expect(restated?.noData).toBeLessThan(minute);
  expect(restated?.good).toBe(before?.good ?? 0);
  expect(await recompute(db, [m.id], Number.NEGATIVE_INFINITY, early + 8 * hour)).toEqual([]);

  await db.execute(
    sql`update count_bucket set good = good + 1 where machine_id = ${m.id} and start = ${new Date(early + 10 * minute).toISOString()}::timestamptz`,
  );
  await db.execute(sql`delete from stop where machine_id = ${m.id}`);
  const found = await recompute(db, [m.id], Number.NEGATIVE_INFINITY, early + 8 * hour);
  expect(found.map((d) => d.what).toSorted()).toEqual(["count", "count", "stop"]);
});

test("making shifts again makes none twice, and each line follows its own zone", async () => {
  const { db } = handle;
  const m = await plantWithShifts("o-3");
  const again = await db.transaction((tx) => expandAllShifts(tx, early, 0, 1));
  expect(again).toBe(0);
  const shifts = await shiftsBetween(db, early, early + 8 * hour, m.lineId);
  expect(shifts).toMatchObject([
    {
      name: "Early",
      start: early,
      end: early + 8 * hour,
      productionDay: "2026-11-22",
      breaks: [{ start: early + 4 * hour, end: early + 4.5 * hour }],
    },
  ]);
});
