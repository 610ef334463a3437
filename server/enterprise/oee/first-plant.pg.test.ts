import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { ManualClock, systemClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { counterReactions } from "#server/execution/counters/counters.reactions.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { createLanes, type Lanes } from "#server/execution/ingest/lanes.ts";
import { addStopReason } from "#server/execution/reasons/reasons.commands.ts";
import { endManual, makeManual, reportCount, reportState } from "#server/execution/manual/manual.commands.ts";
import { heardByHand } from "#server/execution/manual/manual.queries.ts";
import { startJob } from "#server/execution/orders/orders.commands.ts";
import { createOrder } from "#server/execution/orders/planning.commands.ts";
import { addProduct, setStandardCycle } from "#server/execution/orders/products.commands.ts";
import { listProducts } from "#server/execution/orders/products.queries.ts";
import { addLine, addMachine, setSite } from "#server/execution/plant/plant.commands.ts";
import { readPlant } from "#server/execution/plant/plant.queries.ts";
import { readSetup } from "#server/execution/setup/setup.queries.ts";
import { addShiftPattern } from "#server/execution/shifts/patterns.commands.ts";
import { testMachine } from "#server/execution/testing.ts";
import { createTagRegistry, type TagRegistry } from "#server/execution/tags/tag-registry.ts";
import { runningOee } from "./oee.queries.ts";
import { oeeSchedules } from "./oee.schedules.ts";
import { oeeReport } from "./report.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let lanes: Lanes;
let tags: TagRegistry;
const minute = 60_000;
/** Six o'clock of a winter Monday in Berlin. */
const six = Date.UTC(2026, 10, 23, 5);
const clock = new ManualClock(six);
const administrator: Actor = { ...founderActor("test"), roles: ["administrator", "supervisor", "setter"] };

const act = <I, O>(command: Command<I, O>, input: unknown, by: Actor = administrator): Promise<O> =>
  command.execute({ db: handle.db, clock }, by, randomUUID(), input);
const steps = async () =>
  (await readSetup(handle.db, clock.now())).steps.filter((one) => one.done).map((one) => one.step);

/** What people said has reached every figure. */
async function settled(): Promise<void> {
  await lanes.caughtUp();
  const deps = { db: handle.db, clock, log: silentLogger, reactions: counterReactions, schedules: [] };
  await createRunner(deps).drain();
}

/** Shift records are kept and closed, as the clock has it. */
async function keepRecords(): Promise<void> {
  for (const schedule of oeeSchedules)
    await handle.db.transaction((tx) => schedule.run({ tx, now: clock.now(), log: silentLogger }));
}

beforeAll(async () => {
  handle = await testDb();
  tags = createTagRegistry({ db: handle.db, clock: systemClock, log: silentLogger });
  lanes = createLanes({
    db: handle.db,
    clock: systemClock,
    log: silentLogger,
    tags,
    consumers: createConsumers(),
  });
});
afterAll(async () => {
  await lanes.stop();
  await handle.close();
});

test("a plant with one machine, no PLC and no ERP, from nothing to its first true OEE", async () => {
  expect(await steps()).toEqual([]);
  await act(setSite, { name: "Smith & Sons", timeZone: "Europe/Berlin" });
  const { lineId } = await act(addLine, { code: "saw", name: "Sawing" });
  const { machineId } = await act(addMachine, { lineId, code: "saw-1", name: "Saw 1", kind: "saw" });
  await act(makeManual, { machineId });
  const { productId } = await act(addProduct, { code: "BAR-100", name: "Bar 100 mm" });
  await act(setStandardCycle, { productId, machineId, cycleMs: minute });
  await act(addShiftPattern, {
    lineId,
    name: "Early",
    weekdays: [1, 2, 3, 4, 5],
    startLocal: "06:00",
    endLocal: "14:00",
  });
  for (const name of ["Tool", "Material", "Set-up", "Fault", "Break"])
    await act(addStopReason, { name, planned: name === "Break", changeover: name === "Set-up" });
  const { jobIds } = await act(createOrder, {
    code: "1001",
    productId,
    quantity: 500,
    jobs: [{ machineId, operation: "saw" }],
  });
  expect(await steps()).toEqual(["plant", "machine", "signal", "product", "shift", "reasons", "order"]);
  const [line] = (await readPlant(handle.db)).lines;
  expect(line?.machines.map((m) => [m.name, m.signal])).toEqual([["Saw 1", "manual"]]);

  await tags.refresh();
  await lanes.start(new AbortController().signal);
  await act(startJob, { machineId, jobId: jobIds[0] });
  await act(reportState, { machineId, word: "running" });
  clock.advance(60 * minute);
  await act(reportCount, { machineId, good: 50, scrap: 10 });
  await act(reportState, { machineId, word: "stopped" });
  clock.advance(30 * minute);
  await act(reportState, { machineId, word: "running" });
  clock.advance(30 * minute);
  await act(reportCount, { machineId, good: 25 });
  // The last report belongs to the second in which it was made.
  clock.advance(1000);
  await settled();

  // By hand: 90 of 120 minutes ran; 85 parts of one minute in 90 minutes; 75 of 85 good; so 75 good minutes of 120.
  const [oee] = await runningOee(handle.db, clock.now(), "saw-1");
  expect(oee).toMatchObject({ counts: { good: 75, scrap: 10 } });
  expect(oee?.ratios.availability).toBeCloseTo(90 / 120, 3);
  expect(oee?.ratios.performance).toBeCloseTo(85 / 90, 3);
  expect(oee?.ratios.quality).toBeCloseTo(75 / 85, 3);
  expect(oee?.ratios.oee).toBeCloseTo(75 / 120, 3);
});

test("a standard said later for earlier parts weighs them anew", async () => {
  const [machine] = (await readPlant(handle.db)).lines.flatMap((line) => line.machines);
  const machineId = machine?.id ?? 0;
  const [now] = await runningOee(handle.db, clock.now(), "saw-1");
  const before = now?.ratios.performance ?? 0;
  const [made] = await listProducts(handle.db);
  await act(setStandardCycle, { productId: made?.id, machineId, cycleMs: minute / 2, from: six });
  await settled();
  const [after] = await runningOee(handle.db, clock.now(), "saw-1");
  expect(after?.ratios.performance).toBeCloseTo(before / 2, 3);
});

test("what cannot be is refused with a sentence, and nothing is left of it", async () => {
  const plant = await readPlant(handle.db);
  const lineId = plant.lines[0]?.id ?? 0;
  const refused = async (attempt: Promise<unknown>) => {
    await expect(attempt).rejects.toMatchObject({ name: "Refusal" });
    return attempt.catch((error: { code: string }) => error.code);
  };
  expect(await refused(act(setSite, { name: "X", timeZone: "Europe/Atlantis" }))).toBe("unknown_time_zone");
  expect(await refused(act(addLine, { code: "saw", name: "Again" }))).toBe("already_taken");
  const twin = { lineId, code: "saw-1", name: "Saw 2", kind: "saw" };
  expect(await refused(act(addMachine, twin))).toBe("already_taken");
  const early = { lineId, name: "Twice", weekdays: [1], startLocal: "13:00", endLocal: "21:00" };
  expect(await refused(act(addShiftPattern, early))).toBe("shift_overlap");
  expect(await refused(act(addStopReason, { name: "tool" }))).toBe("already_taken");
  for (let n = 6; n <= 25; n++) await act(addStopReason, { name: `Reason ${n}` });
  expect(await refused(act(addStopReason, { name: "One more" }))).toBe("too_many_reasons");
  const machineId = plant.lines[0]?.machines[0]?.id ?? 0;
  expect(await refused(act(reportState, { machineId, word: "running", at: clock.now() + 1 }))).toBe(
    "value_out_of_range",
  );
  expect(await refused(act(reportCount, { machineId, good: 0, scrap: 0 }))).toBe("invalid");
  expect(await readPlant(handle.db)).toEqual(plant);
});

test("for a machine with a source nobody speaks, and for one without any nobody can until it is said so", async () => {
  const wired = await testMachine(handle.db, "wired");
  await expect(act(makeManual, { machineId: wired.id })).rejects.toMatchObject({ code: "has_source" });
  const byHand = { machineId: wired.id, word: "running" };
  await expect(act(reportState, byHand)).rejects.toMatchObject({ code: "not_manual" });
  await expect(act(reportCount, { machineId: wired.id, good: 1 })).rejects.toMatchObject({
    code: "not_manual",
  });
});

test("two who count at the same moment are both counted", async () => {
  const machineId =
    (await readPlant(handle.db)).lines.flatMap((line) => line.machines).find((m) => m.code === "saw-1")?.id ??
    0;
  clock.advance(minute);
  const before = (await runningOee(handle.db, clock.now(), "saw-1"))[0]?.counts.good ?? 0;
  await Promise.all(Array.from({ length: 5 }, () => act(reportCount, { machineId, good: 2 })));
  clock.advance(minute);
  await settled();
  expect((await runningOee(handle.db, clock.now(), "saw-1"))[0]?.counts.good).toBe(before + 10);
});

test("a shift told by hand stays marked in the reports after a source has taken over, and what follows is not", async () => {
  const machines = (await readPlant(handle.db)).lines.flatMap((line) => line.machines);
  const saw = machines.find((m) => m.code === "saw-1")?.id ?? 0;
  await act(endManual, { machineId: saw });
  clock.advance(8 * 60 * minute);
  await keepRecords();
  const asked = { from: six - 60 * minute, to: clock.now(), by: "machine" } as const;
  const marks = (await oeeReport(handle.db, asked)).rows.map(({ key, view }) => [key, view.manual]);
  expect(marks).toEqual([["saw-1", true]]);
  expect((await oeeReport(handle.db, asked)).total).toMatchObject({ manual: true, open: false });
  // The next morning a source speaks, which is far beyond the time for which a word by hand holds.
  expect(await heardByHand(handle.db, saw, six + 86_400_000, six + 90_000_000)).toBe(false);
});
