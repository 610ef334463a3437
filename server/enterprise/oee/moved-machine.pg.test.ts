import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { oeeShift } from "#db/schema/enterprise/oee.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { shiftPattern } from "#db/schema/execution/shifts.ts";
import { silentLogger } from "#server/core/log.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { machineStateSchedules } from "#server/execution/machine-state/machine-state.schedules.ts";
import { expandAllShifts } from "#server/execution/shifts/expand.ts";
import { testLane, type TestMachine, testMachine } from "#server/execution/testing.ts";
import { oeeSchedules } from "./oee.schedules.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

// 06:00 in Berlin, the start of the early shift.
const early = Date.UTC(2026, 10, 22, 5);
const hour = 3_600_000;

/** A line whose shifts carry its own name, so that a record says whose they were. */
async function line(code: string): Promise<TestMachine> {
  const m = await testMachine(handle.db, code);
  const pattern = { lineId: m.lineId, weekdays: [1, 2, 3, 4, 5, 6, 7] };
  await handle.db.insert(shiftPattern).values([
    { ...pattern, code: "E", name: `Early of ${code}`, startLocal: "06:00", endLocal: "14:00" },
    { ...pattern, code: "L", name: `Late of ${code}`, startLocal: "14:00", endLocal: "22:00" },
  ]);
  await handle.db.transaction((tx) => expandAllShifts(tx, early, 0, 1));
  return m;
}

async function lives(m: TestMachine, from: number, to: number): Promise<void> {
  const lane = testLane(handle.db, createConsumers());
  const said = [];
  for (let at = from; at < to; at += 30_000) said.push({ at, what: "state" as const, value: "running" });
  await lane.hear(m, said);
}

async function closeAll(now: number): Promise<void> {
  for (const schedule of [...machineStateSchedules, ...oeeSchedules])
    await handle.db.transaction((tx) => schedule.run({ tx, now, log: silentLogger }));
}

const shiftsOf = async (...ids: number[]): Promise<string[]> => {
  const rows = await handle.db.select().from(oeeShift).where(inArray(oeeShift.machineId, ids));
  return rows.map(({ shiftName }) => shiftName).toSorted();
};

test("a machine that moves in the middle of a shift ends it in its old line and begins the next in its new one, once each", async () => {
  const [here, there] = [await line("old"), await line("new")];
  await lives(here, early, early + 15 * hour);
  await handle.db
    .update(workUnit)
    .set({ lineId: there.lineId, lineBefore: here.lineId, lineSince: new Date(early + 4 * hour) })
    .where(eq(workUnit.id, here.id));
  await closeAll(early + 17 * hour);
  expect(await shiftsOf(here.id)).toEqual(["Early of old", "Late of new"]);
});

test("a machine that was put away has no records of shifts that began afterwards", async () => {
  const m = await line("away");
  await lives(m, early, early + 10 * hour);
  await handle.db
    .update(workUnit)
    .set({ retiredAt: new Date(early + 7 * hour) })
    .where(eq(workUnit.id, m.id));
  await closeAll(early + 17 * hour);
  expect(await shiftsOf(m.id)).toEqual(["Early of away"]);
});
