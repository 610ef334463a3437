import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { job, productionOrder, standardCycle } from "#db/schema/execution/orders.ts";
import { silentLogger } from "#server/core/log.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { contextAt, contextBands } from "#server/execution/context/context.queries.ts";
import { testLane } from "#server/execution/testing.ts";
import { oeeSchedules } from "../oee/oee.schedules.ts";
import { recompute } from "../oee/recompute.ts";
import { correctionList, runsToCorrect } from "./corrections.queries.ts";
import { correctedDay, early, hour, machineWithShifts, minute, running } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const records = (machineId: number) =>
  handle.db
    .select()
    .from(oeeShift)
    .where(eq(oeeShift.machineId, machineId))
    .orderBy(asc(oeeShift.shiftId), asc(oeeShift.version));
const oeeOf = (record: { idealGoodMs: number; pbt: number } | undefined) =>
  (record?.idealGoodMs ?? -1) / (record?.pbt ?? 1);
const left = async (lotId: string) =>
  (await handle.db.execute<{ q: number }>(sql`select quantity::float8 as q from lot where id = ${lotId}`))[0]
    ?.q;
/** What is stored is what the readings, the runs and the corrections say. */
const derivedAgain = (machineId: number) =>
  recompute(handle.db, [machineId], Number.NEGATIVE_INFINITY, early + 8 * hour);

test("an order that began an hour earlier: readings, counts and the OEE of the closed shift, before and after", async () => {
  const day = await correctedDay(handle.db, "c-period");
  const { m, a, b } = day;
  // Early: 239 parts of A (06:01 … 09:59) at a minute, 240 of B at half a minute: 14,340 s + 7,200 s of 28,800 s.
  expect(oeeOf((await records(m.id))[0])).toBeCloseTo(21_540 / 28_800, 9);
  const correction = {
    kind: "period",
    machineId: m.id,
    runId: b.runId,
    start: early + 3 * hour,
    end: null,
    makeRoom: true,
  } as const;
  const { shown, correctionId } = await day.correct(correction, "changed over at nine");
  // An hour of a state each 30 s and a count each minute.
  expect(shown.readings).toEqual({ count: 180, more: false });
  expect(shown.runs).toMatchObject([
    {
      orderCode: "c-period-B",
      before: { start: early + 4 * hour },
      after: { start: early + 3 * hour, end: null },
    },
    { orderCode: "c-period-A", before: { end: early + 4 * hour }, after: { end: early + 3 * hour } },
  ]);
  expect(Object.fromEntries(shown.jobs.map((j) => [j.orderCode, [j.before.good, j.after.good]]))).toEqual({
    "c-period-A": [239, 179],
    "c-period-B": [270, 330],
  });
  expect(shown.shifts).toMatchObject([
    { name: "Early", closed: true, before: { good: 479 }, after: { good: 479 } },
  ]);
  // 179 × 60 s + 300 × 30 s = 19,740 s.
  expect(shown.shifts[0]?.before.oee).toBeCloseTo(21_540 / 28_800, 9);
  expect(shown.shifts[0]?.after.oee).toBeCloseTo(19_740 / 28_800, 9);
  // A's resin, half a kilogram a part: 239 parts became 179.
  expect(shown.lots).toMatchObject([{ code: "c-period-R1", before: 380.5, after: 410.5 }]);
  expect(await left(day.lots.used)).toBe(410.5);

  const versions = (await records(m.id)).filter((r) => r.shiftName === "Early");
  expect(versions.map((v) => [v.version, v.supersededAt !== null, v.restatedBy, v.restateReason])).toEqual([
    [1, true, null, null],
    [2, false, "hand", "changed over at nine"],
  ]);
  expect(versions[1]?.correctionId).toBe(correctionId);
  expect(oeeOf(versions[1])).toBeCloseTo(shown.shifts[0]?.after.oee ?? -1, 9);
  expect((await contextAt(handle.db, m.id, early + 3.5 * hour)).map((c) => c.orderCode)).toEqual([
    "c-period-B",
  ]);
  expect(await derivedAgain(m.id)).toEqual([]);
  const old = await handle.db.execute(sql`
    select id from job_run where machine_id = ${m.id} and replaced_at is not null order by lower(during)`);
  expect(old.map((r) => r["id"])).toEqual([a.runId, b.runId]);
  const [row] = await handle.db.select().from(audit).where(eq(audit.objectId, correctionId));
  expect(row).toMatchObject({ action: "correction.save", reason: "changed over at nine", machineId: m.id });
  expect(row?.before).toMatchObject({ shifts: [{ good: 479 }] });
  const [saved] = await correctionList(handle.db);
  expect(saved).toMatchObject({ by: "hand", undone: false, restated: [{ machineId: m.id, version: 2 }] });
});

test("an order that ran on the machine beside: its parts are those that that machine counted", async () => {
  const day = await correctedDay(handle.db, "c-machine");
  const beside = await machineWithShifts(handle.db, "c-beside");
  await handle.db
    .insert(standardCycle)
    .values({ productId: day.a.productId, machineId: beside.id, cycleMs: 2 * minute, partsPerCycle: 1 });
  // The machine beside counted a part each two minutes, for nobody.
  await testLane(handle.db, createConsumers()).hear(beside, running(early, early + 8.5 * hour, 2));
  await day.settled();
  const { shown, correctionId } = await day.correct({
    kind: "machine",
    machineId: day.m.id,
    runId: day.a.runId,
    toMachineId: beside.id,
    toPosition: 1,
    makeRoom: false,
  });
  expect(shown.jobs).toMatchObject([
    { orderCode: "c-machine-A", before: { good: 239 }, after: { good: 119 } },
  ]);
  const figures = Object.fromEntries(shown.shifts.map((s) => [s.machineId, [s.before.oee, s.after.oee]]));
  // Here B alone is left: 240 × 30 s. Beside: nobody's parts had no ideal time, then 119 × 120 s.
  expect(figures[day.m.id]?.[1]).toBeCloseTo(7200 / 28_800, 9);
  expect(figures[beside.id]?.[0]).toBe(0);
  expect(figures[beside.id]?.[1]).toBeCloseTo((119 * 120) / 28_800, 9);
  const now = (await records(beside.id)).filter((r) => r.shiftName === "Early");
  expect(now.map((r) => r.version)).toEqual([1, 2]);
  expect(oeeOf(now[1])).toBeCloseTo((119 * 120) / 28_800, 9);
  expect((await contextAt(handle.db, beside.id, early + hour)).map((c) => c.orderCode)).toEqual([
    "c-machine-A",
  ]);
  expect(await contextAt(handle.db, day.m.id, early + hour)).toEqual([]);
  const [planned] = await handle.db.select().from(job).where(eq(job.id, day.a.jobId));
  expect(planned?.machineId).toBe(beside.id);
  expect(await derivedAgain(day.m.id)).toEqual([]);
  expect(await derivedAgain(beside.id)).toEqual([]);

  // And it was right after all: both machines' shifts are restated once more, to what they were.
  await day.correct({ kind: "undo", machineId: day.m.id, correctionId }, "it was this one");
  const here = (await records(day.m.id)).filter((r) => r.shiftName === "Early");
  expect(here.map((r) => [r.version, r.restateReason])).toEqual([
    [1, null],
    [2, "as the shift book says"],
    [3, "it was this one"],
  ]);
  expect(oeeOf(here[2])).toBeCloseTo(oeeOf(here[0]), 9);
  expect(oeeOf((await records(beside.id)).findLast((r) => r.shiftName === "Early"))).toBe(0);
  const [back] = await handle.db.select().from(job).where(eq(job.id, day.a.jobId));
  expect(back?.machineId).toBe(day.m.id);
});

test("a forgotten finish: what the machine made afterwards is nobody's, the order is completed, its lots are posted", async () => {
  const day = await correctedDay(handle.db, "c-finish");
  const { shown } = await day.correct({
    kind: "finish",
    machineId: day.m.id,
    runId: day.b.runId,
    end: early + 7 * hour,
  });
  // B: 240 … 419 instead of … 509.
  expect(shown.jobs).toMatchObject([
    { before: { good: 270, state: "running" }, after: { good: 180, state: "completed" } },
  ]);
  const [earlyShift, lateShift] = shown.shifts;
  expect(earlyShift?.after.oee).toBeCloseTo((239 * 60 + 180 * 30) / 28_800, 9);
  expect([lateShift?.name, lateShift?.closed, lateShift?.after.oee]).toEqual(["Late", false, 0]);
  const [order] = await handle.db.select().from(productionOrder).where(eq(productionOrder.id, day.b.orderId));
  expect(order?.state).toBe("completed");
  expect(await contextAt(handle.db, day.m.id, early + 7.5 * hour)).toEqual([]);
  expect(await derivedAgain(day.m.id)).toEqual([]);
});

test("ten of sixty parts were scrap: the quality of the shift that made them, and of nothing else", async () => {
  const day = await correctedDay(handle.db, "c-count");
  const { shown } = await day.correct({
    kind: "count",
    machineId: day.m.id,
    from: early + hour,
    to: early + 2 * hour,
    good: 50,
    scrap: 10,
  });
  expect(shown.counted).toEqual({ good: 60, scrap: 0 });
  expect(shown.jobs).toMatchObject([
    { orderCode: "c-count-A", before: { good: 239, scrap: 0 }, after: { good: 229, scrap: 10 } },
  ]);
  expect(shown.shifts).toHaveLength(1);
  expect(shown.shifts[0]?.after.quality).toBeCloseTo(20_940 / 21_540, 9);
  expect(shown.shifts[0]?.after.oee).toBeCloseTo(20_940 / 28_800, 9);
  expect(shown.shifts[0]?.after.performance).toBeCloseTo(shown.shifts[0]?.before.performance ?? -1, 9);
  // Scrap used its material as well.
  expect(shown.lots).toEqual([]);
  expect(oeeOf((await records(day.m.id))[1])).toBeCloseTo(20_940 / 28_800, 9);
  expect(await derivedAgain(day.m.id)).toEqual([]);
  // A late reading counts that hour again; what a person said of it stands.
  await day.lane.hear(day.m, [{ at: early + 1.5 * hour + 5000, what: "good", value: 90 }], {
    now: day.clock.now(),
    historical: true,
  });
  await day.settled();
  const [run] = (await runsToCorrect(handle.db, day.m.id, early, early + hour)).slice(-1);
  expect([run?.good, run?.scrap]).toEqual([229, 10]);
});

test("the wrong lot was scanned: the other one was used, and every reading of the run is bound to it", async () => {
  const day = await correctedDay(handle.db, "c-lot");
  const { shown } = await day.correct({
    kind: "lot",
    machineId: day.m.id,
    runId: day.a.runId,
    wrongLotId: day.lots.used,
    lotId: day.lots.right,
  });
  expect(shown.readings.count).toBe(4 * 120 + 4 * 60);
  expect([shown.jobs, shown.shifts]).toEqual([[], []]);
  expect(Object.fromEntries(shown.lots.map((l) => [l.code, [l.before, l.after]]))).toEqual({
    "c-lot-R1": [380.5, 500],
    "c-lot-R2": [500, 380.5],
  });
  expect([await left(day.lots.used), await left(day.lots.right)]).toEqual([500, 380.5]);
  const [band] = await contextBands(handle.db, day.m.id, early, early + hour);
  expect(band?.lots.map((l) => l.code)).toEqual(["c-lot-R2"]);
});

test("a shift that was restated by late data names nobody", async () => {
  const day = await correctedDay(handle.db, "c-late");
  await day.lane.hear(
    day.m,
    [
      { at: early + 8 * hour - 500, what: "scrap", value: 0 },
      { at: early + 8 * hour - 1, what: "scrap", value: 3 },
    ],
    {
      now: day.clock.now(),
      historical: true,
    },
  );
  await day.settled();
  for (const schedule of oeeSchedules)
    await handle.db.transaction((tx) => schedule.run({ tx, now: day.clock.now(), log: silentLogger }));
  const versions = (await records(day.m.id)).filter((r) => r.shiftName === "Early");
  expect(versions.map((v) => [v.version, v.scrap, v.restatedBy])).toEqual([
    [1, 0, null],
    [2, 3, null],
  ]);
});
