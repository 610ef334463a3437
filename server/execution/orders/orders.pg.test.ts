import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit, fact } from "#db/schema/core/core.ts";
import { jobRun, productionOrder } from "#db/schema/execution/orders.ts";
import { ManualClock } from "#server/core/clock.ts";
import { contextAt } from "../context/context.queries.ts";
import { countersConsumer } from "../counters/consumer.ts";
import { holdLot, loadLot, releaseLot } from "../materials/materials.commands.ts";
import { lotAndDescendants } from "../materials/genealogy.queries.ts";
import { testHand, testJob, testLane, testLot, testMachine } from "../testing.ts";
import { finishJob, pauseJob, startJob } from "./orders.commands.ts";
import { jobById, runningJobs, waitingJobs } from "./orders.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const start = Date.UTC(2026, 10, 22, 8);
const clock = new ManualClock(start);
const minute = 60_000;
const id = () => randomUUID();
const deps = () => ({ db: handle.db, clock });

test("a job begins once, however often the button's message arrives", async () => {
  const m = await testMachine(handle.db, "p-retry");
  const { jobId } = await testJob(handle.db, m, "PO-1");
  const commandId = id();
  const first = await startJob.execute(deps(), testHand, commandId, { machineId: m.id, jobId });
  const again = await startJob.execute(deps(), testHand, commandId, { machineId: m.id, jobId });
  expect(again).toEqual(first);
  expect(await handle.db.select().from(jobRun).where(eq(jobRun.jobId, jobId))).toHaveLength(1);
  const rows = await handle.db.select().from(audit).where(eq(audit.objectId, jobId));
  expect(rows.map((r) => r.action)).toEqual(["job.start"]);
  const facts = await handle.db
    .select()
    .from(fact)
    .where(eq(fact.scope, `machine:${m.id}`));
  expect(facts.map((f) => f.topic)).toEqual(["job.started"]);
});

test("of two operators who begin two jobs at once one is told that the machine is taken", async () => {
  const m = await testMachine(handle.db, "p-two");
  const jobs = [await testJob(handle.db, m, "PO-2a"), await testJob(handle.db, m, "PO-2b")];
  const answers = await Promise.allSettled(
    jobs.map(({ jobId }) => startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId })),
  );
  expect(answers.map((a) => a.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const refused = answers.find((a) => a.status === "rejected");
  expect(refused?.reason).toMatchObject({ code: "job_running" });
  expect(await runningJobs(handle.db, [m.id], clock.now())).toHaveLength(1);
  expect(await waitingJobs(handle.db, [m.id], clock.now())).toHaveLength(1);
});

test("a job of another machine cannot be begun here, nor tomorrow", async () => {
  const [m, other] = [await testMachine(handle.db, "p-here"), await testMachine(handle.db, "p-there")];
  const { jobId } = await testJob(handle.db, other, "PO-3");
  await expect(startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId })).rejects.toMatchObject({
    code: "not_found",
  });
  await expect(
    startJob.execute(deps(), testHand, id(), { machineId: other.id, jobId, at: clock.now() + minute }),
  ).rejects.toMatchObject({ code: "invalid" });
});

test("a paused job goes on, and the order is completed with its last job", async () => {
  const m = await testMachine(handle.db, "p-pause");
  const { jobId, orderId, productId } = await testJob(handle.db, m, "PO-4");
  const { lotId } = await testLot(handle.db, "G-4", productId);
  const lane = testLane(handle.db, [countersConsumer]);
  await startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId, lotIds: [lotId] });
  await lane.hear(m, [
    { at: clock.now() + 1000, what: "good", value: 0 },
    { at: clock.now() + 20_000, what: "good", value: 30 },
  ]);
  clock.advance(minute);
  await pauseJob.execute(deps(), testHand, id(), { machineId: m.id, jobId });
  expect((await jobById(handle.db, jobId, clock.now()))?.state).toBe("paused");
  clock.advance(minute);
  await startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId, lotIds: [lotId] });
  clock.advance(minute);
  const done = await finishJob.execute(deps(), testHand, id(), {
    machineId: m.id,
    jobId,
    out: { code: "OUT-4", quantity: 30 },
  });
  expect(done.orderDone).toBe(true);
  const [order] = await handle.db.select().from(productionOrder).where(eq(productionOrder.id, orderId));
  expect(order?.state).toBe("completed");
  expect(await handle.db.select().from(jobRun).where(eq(jobRun.jobId, jobId))).toHaveLength(2);
  // 30 parts at 0.5 kg were made of the lot while it was on.
  const [left] = await handle.db.execute<{ q: number }>(
    sql`select quantity::float8 as q from lot where id = ${lotId}`,
  );
  expect(left?.q).toBe(485);
  await expect(finishJob.execute(deps(), testHand, id(), { machineId: m.id, jobId })).rejects.toMatchObject({
    code: "wrong_state",
  });
});

test("an oven with several lots inside gives a list, and each instant only what was in then", async () => {
  const oven = await testMachine(handle.db, "p-oven", 4);
  const began = clock.now();
  for (const position of [1, 2, 3]) {
    const { jobId, productId } = await testJob(handle.db, oven, `PO-5-${position}`);
    const { lotId } = await testLot(handle.db, `G-5-${position}`, productId);
    await startJob.execute(deps(), testHand, id(), { machineId: oven.id, jobId, position, lotIds: [lotId] });
    clock.advance(minute);
  }
  const inside = await contextAt(handle.db, oven.id, clock.now());
  expect(inside.map((b) => [b.position, b.orderCode, b.lots.map((l) => l.code)])).toEqual([
    [1, "PO-5-1", ["G-5-1"]],
    [2, "PO-5-2", ["G-5-2"]],
    [3, "PO-5-3", ["G-5-3"]],
  ]);
  expect((await contextAt(handle.db, oven.id, began + minute / 2)).map((b) => b.position)).toEqual([1]);
  expect(await contextAt(handle.db, oven.id, clock.now(), 2)).toHaveLength(1);
  const first = (await testJob(handle.db, oven, "PO-5-9")).jobId;
  await expect(
    startJob.execute(deps(), testHand, id(), { machineId: oven.id, jobId: first, position: 5 }),
  ).rejects.toMatchObject({ code: "invalid" });
});

test("a lot on hold blocks the start in its own transaction, also when both happen at once", async () => {
  const m = await testMachine(handle.db, "p-hold");
  const { jobId, productId } = await testJob(handle.db, m, "PO-7");
  const { lotId } = await testLot(handle.db, "G-7", productId);
  await holdLot.execute(deps(), testHand, id(), { lotId, reason: "wrong colour" });
  await expect(
    startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId, lotIds: [lotId] }),
  ).rejects.toMatchObject({ code: "lot_on_hold", params: { lot: "G-7" } });
  expect(await handle.db.select().from(jobRun).where(eq(jobRun.jobId, jobId))).toEqual([]);
  await releaseLot.execute(deps(), testHand, id(), { lotId, reason: "checked" });

  const [started, held] = await Promise.allSettled([
    startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId, lotIds: [lotId] }),
    holdLot.execute(deps(), testHand, id(), { lotId, reason: "again" }),
  ]);
  expect(held.status).toBe("fulfilled");
  // Either the start came first and the hold names this machine, or the hold did and there is no run.
  const facts = await handle.db.select().from(fact).where(eq(fact.topic, "lot.held")).orderBy(asc(fact.id));
  const told = facts.at(-1)?.data as { machineIds: number[] } | undefined;
  expect(told?.machineIds).toEqual(started.status === "fulfilled" ? [m.id] : []);
  if (started.status === "rejected") expect(started.reason).toMatchObject({ code: "lot_on_hold" });
});

test("a lot is loaded on what runs, takes the other off, and a wrong or held one is refused", async () => {
  const m = await testMachine(handle.db, "p-load");
  const { jobId, productId } = await testJob(handle.db, m, "PO-8");
  const one = await testLot(handle.db, "G-8a", productId);
  const [two] = await handle.db.execute<{ id: string }>(sql`
    insert into lot (code, material_id, quantity) values ('G-8b', ${one.materialId}, 100) returning id`);
  const wrong = await testLot(handle.db, "G-8c");
  await expect(
    loadLot.execute(deps(), testHand, id(), { machineId: m.id, lotId: one.lotId }),
  ).rejects.toMatchObject({ code: "no_job" });
  await startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId, lotIds: [one.lotId] });
  clock.advance(minute);
  await loadLot.execute(deps(), testHand, id(), { machineId: m.id, lotId: two?.id });
  const lots = async (at: number) => (await contextAt(handle.db, m.id, at))[0]?.lots.map((l) => l.code);
  expect(await lots(clock.now() - 1)).toEqual(["G-8a"]);
  expect(await lots(clock.now())).toEqual(["G-8b"]);
  await expect(
    loadLot.execute(deps(), testHand, id(), { machineId: m.id, lotId: wrong.lotId }),
  ).rejects.toMatchObject({ code: "lot_mismatch" });
  await holdLot.execute(deps(), testHand, id(), { lotId: one.lotId, reason: "x" });
  await expect(
    loadLot.execute(deps(), testHand, id(), { machineId: m.id, lotId: one.lotId }),
  ).rejects.toMatchObject({ code: "lot_on_hold" });
});

test("a hold reaches everything made from a lot, and a loop of rework does not hang it", async () => {
  const m = await testMachine(handle.db, "p-gen");
  const a = await testJob(handle.db, m, "PO-9a");
  const { lotId } = await testLot(handle.db, "G-9", a.productId);
  await startJob.execute(deps(), testHand, id(), { machineId: m.id, jobId: a.jobId, lotIds: [lotId] });
  clock.advance(minute);
  const first = await finishJob.execute(deps(), testHand, id(), {
    machineId: m.id,
    jobId: a.jobId,
    out: { code: "OUT-9a", quantity: 10 },
  });
  const b = await testJob(handle.db, m, "PO-9b");
  clock.advance(minute);
  await startJob.execute(deps(), testHand, id(), {
    machineId: m.id,
    jobId: b.jobId,
    lotIds: [first.outLotId],
  });
  clock.advance(minute);
  const second = await finishJob.execute(deps(), testHand, id(), {
    machineId: m.id,
    jobId: b.jobId,
    out: { code: "OUT-9b", quantity: 10 },
  });
  await handle.db.execute(sql`
    insert into job_run_lot (job_run_id, lot_id, role, during)
    select job_run_id, ${second.outLotId}, 'in', during from job_run_lot where lot_id = ${lotId}`);
  expect((await lotAndDescendants(handle.db, lotId)).toSorted()).toEqual(
    [lotId, first.outLotId, second.outLotId].toSorted(),
  );
  const { lotIds } = await holdLot.execute(deps(), testHand, id(), { lotId, reason: "complaint" });
  expect(lotIds.toSorted()).toEqual([lotId, first.outLotId, second.outLotId].toSorted());
});
