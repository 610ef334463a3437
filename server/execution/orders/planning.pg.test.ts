import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { holdLot, releaseLot } from "../materials/materials.commands.ts";
import { addMaterial, receiveLot } from "../materials/receiving.commands.ts";
import { listMaterials, lotStock } from "../materials/stock.queries.ts";
import { countersConsumer } from "../counters/consumer.ts";
import { testHand, testJob, testLane, testMachine } from "../testing.ts";
import { setBill } from "./bill.commands.ts";
import { finishJob, pauseJob, startJob } from "./orders.commands.ts";
import { orderById, orderList, runningJobs, waitingJobs } from "./orders.queries.ts";
import { cancelOrder, closeOrder, holdOrder, releaseOrder, reopenOrder } from "./order-state.commands.ts";
import { createOrder, placeJob, splitOrder } from "./planning.commands.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const clock = new ManualClock(Date.UTC(2026, 10, 22, 8));
const minute = 60_000;
const act = <I, O>(command: Command<I, O>, input: unknown, by: Actor = testHand): Promise<O> =>
  command.execute({ db: handle.db, clock }, by, randomUUID(), input);
const view = (orderId: string) => orderById(handle.db, orderId, clock.now());

test("a split order gives parts to a new one that remembers it, and keeps what is made", async () => {
  const m = await testMachine(handle.db, "pl-split");
  const { jobId, orderId } = await testJob(handle.db, m, "PO-S");
  await act(startJob, { machineId: m.id, jobId });
  await testLane(handle.db, [countersConsumer]).hear(m, [
    { at: clock.now() + 1000, what: "good", value: 0 },
    { at: clock.now() + 2000, what: "good", value: 600 },
  ]);
  clock.advance(minute);
  await expect(act(splitOrder, { orderId, quantity: 401, code: "PO-S-2" })).rejects.toMatchObject({
    code: "below_made",
    params: { made: 600, most: 400 },
  });
  const part = await act(splitOrder, { orderId, quantity: 400, code: "PO-S-2" });
  expect(await view(orderId)).toMatchObject({ quantity: 600, jobs: [{ quantity: 600, state: "running" }] });
  expect(await view(part.orderId)).toMatchObject({
    code: "PO-S-2",
    parentCode: "PO-S",
    quantity: 400,
    state: "ready",
    jobs: [{ quantity: 400, state: "ready", machineId: m.id }],
  });
  await expect(act(splitOrder, { orderId: part.orderId, quantity: 1, code: "PO-S" })).rejects.toMatchObject({
    code: "already_taken",
  });
  // The quantity did not move with a code that is taken.
  expect((await view(part.orderId))?.quantity).toBe(400);
  const rows = await handle.db.select().from(audit).where(eq(audit.objectId, orderId));
  expect(rows.map((r) => [r.action, r.before, r.after])).toEqual([
    [
      "order.split",
      { quantity: 1000 },
      { quantity: 600, part: { orderId: part.orderId, code: "PO-S-2", quantity: 400 } },
    ],
  ]);
});

test("the queue of a machine stands as somebody placed it, and what is new comes behind", async () => {
  const m = await testMachine(handle.db, "pl-queue");
  const ids: Record<string, string> = {};
  for (const code of ["Q-a", "Q-b", "Q-c"]) ids[code] = (await testJob(handle.db, m, code)).jobId;
  const queue = async () => (await waitingJobs(handle.db, [m.id], clock.now())).map((j) => j.orderCode);
  expect(await queue()).toEqual(["Q-a", "Q-b", "Q-c"]);
  await act(placeJob, { machineId: m.id, jobId: ids["Q-c"], before: ids["Q-a"] });
  expect(await queue()).toEqual(["Q-c", "Q-a", "Q-b"]);
  await act(placeJob, { machineId: m.id, jobId: ids["Q-a"], before: null });
  expect(await queue()).toEqual(["Q-c", "Q-b", "Q-a"]);
  const { productId } = await testJob(handle.db, m, "Q-0");
  expect(await queue()).toEqual(["Q-c", "Q-b", "Q-a", "Q-0"]);
  // A job that was begun and paused keeps the place it was given.
  await act(startJob, { machineId: m.id, jobId: ids["Q-b"] });
  await expect(
    act(placeJob, { machineId: m.id, jobId: ids["Q-a"], before: ids["Q-b"] }),
  ).rejects.toMatchObject({ code: "conflict" });
  // What runs waits no longer, and has no place.
  await expect(
    act(placeJob, { machineId: m.id, jobId: ids["Q-b"], before: ids["Q-a"] }),
  ).rejects.toMatchObject({ code: "conflict" });
  clock.advance(minute);
  await act(pauseJob, { machineId: m.id, jobId: ids["Q-b"] });
  expect(await queue()).toEqual(["Q-c", "Q-b", "Q-a", "Q-0"]);
  const made = await act(createOrder, {
    code: "Q-new",
    productId,
    quantity: 5,
    priority: 1,
    jobs: [{ machineId: m.id, operation: "mould" }],
  });
  expect(await queue()).toEqual(["Q-c", "Q-b", "Q-a", "Q-new", "Q-0"]);
  expect(made.jobIds).toHaveLength(1);
});

test("nothing of a held order begins, its running job's station is told why, and it goes on when released", async () => {
  const m = await testMachine(handle.db, "pl-hold", 2);
  const { jobId, orderId } = await testJob(handle.db, m, "PO-H");
  await act(holdOrder, { orderId, reason: "drawing is wrong" });
  await expect(act(startJob, { machineId: m.id, jobId })).rejects.toMatchObject({
    code: "order_on_hold",
    params: { order: "PO-H", reason: "drawing is wrong" },
  });
  expect((await waitingJobs(handle.db, [m.id], clock.now())).map((j) => j.orderCode)).toEqual([]);
  await act(releaseOrder, { orderId });
  expect((await view(orderId))?.state).toBe("ready");
  await act(startJob, { machineId: m.id, jobId });
  clock.advance(minute);
  await act(holdOrder, { orderId, reason: "cracks found" });
  await expect(act(holdOrder, { orderId, reason: "by another one" })).rejects.toMatchObject({
    code: "wrong_state",
  });
  const [running] = await runningJobs(handle.db, [m.id], clock.now());
  expect(running?.hold).toEqual({ reason: "cracks found", at: clock.now() });
  await act(releaseOrder, { orderId, reason: "sorted out" });
  expect((await view(orderId))?.state).toBe("running");
  await expect(act(releaseOrder, { orderId })).rejects.toMatchObject({ code: "wrong_state" });
  // A job that ends while its order is on hold still completes it.
  await act(holdOrder, { orderId, reason: "again" });
  clock.advance(minute);
  await act(finishJob, { machineId: m.id, jobId });
  expect(await view(orderId)).toMatchObject({ state: "completed", hold: null });
});

test("an order that is short is closed with a reason, opened again, and one nothing was begun of is cancelled", async () => {
  const m = await testMachine(handle.db, "pl-close");
  const { jobId, orderId } = await testJob(handle.db, m, "PO-C");
  await expect(act(closeOrder, { orderId, reason: "x" })).rejects.toMatchObject({
    code: "order_not_started",
  });
  await act(startJob, { machineId: m.id, jobId });
  clock.advance(minute);
  await expect(act(cancelOrder, { orderId })).rejects.toMatchObject({ code: "order_started" });
  await expect(act(closeOrder, { orderId, reason: "x" })).rejects.toMatchObject({ code: "order_running" });
  await act(pauseJob, { machineId: m.id, jobId });
  await expect(act(closeOrder, { orderId })).rejects.toMatchObject({ code: "reason_needed" });
  await act(closeOrder, { orderId, reason: "mould broke" });
  expect(await view(orderId)).toMatchObject({
    state: "closed",
    closedReason: "mould broke",
    jobs: [{ state: "completed" }],
  });
  await expect(act(startJob, { machineId: m.id, jobId })).rejects.toMatchObject({ code: "wrong_state" });
  await act(reopenOrder, { orderId, reason: "late scrap" });
  expect(await view(orderId)).toMatchObject({ state: "completed", closedReason: null });
  await expect(act(reopenOrder, { orderId, reason: "again" })).rejects.toMatchObject({ code: "wrong_state" });

  const other = await testJob(handle.db, m, "PO-X");
  await act(cancelOrder, { orderId: other.orderId });
  expect(await view(other.orderId)).toMatchObject({ state: "cancelled", jobs: [{ state: "cancelled" }] });
  expect((await orderList(handle.db, clock.now())).find((o) => o.code === "PO-X")?.state).toBe("cancelled");
});

test("an order's number is given once, and only what runs is paused or finished", async () => {
  const m = await testMachine(handle.db, "pl-once");
  const { jobId, productId } = await testJob(handle.db, m, "PO-1x");
  const again = { code: "PO-1x", productId, quantity: 1, jobs: [{ machineId: m.id, operation: "mould" }] };
  await expect(act(createOrder, again)).rejects.toMatchObject({
    code: "already_taken",
    params: { value: "PO-1x" },
  });
  const waiting = { machineId: m.id, jobId };
  await expect(act(pauseJob, waiting)).rejects.toMatchObject({ code: "wrong_state" });
  await expect(act(finishJob, waiting)).rejects.toMatchObject({ code: "wrong_state" });
});

test("an operator plans nothing", async () => {
  const operator: Actor = { ...testHand, roles: ["operator"] };
  const nobodys = randomUUID();
  for (const [command, input] of [
    [splitOrder, { orderId: nobodys, quantity: 1, code: "X" }],
    [placeJob, { machineId: 1, jobId: nobodys, before: null }],
    [holdOrder, { orderId: nobodys, reason: "x" }],
    [closeOrder, { orderId: nobodys }],
    [cancelOrder, { orderId: nobodys }],
    [receiveLot, { code: "X", materialId: nobodys, quantity: 1 }],
    [addMaterial, { code: "X", name: "X", unit: "kg" }],
  ] as [Command<unknown, unknown>, unknown][])
    await expect(act(command, input, operator), command.name).rejects.toMatchObject({ code: "not_allowed" });
});

test("lots received by hand: a number is its material's own, what a job used is taken off, a blocked one stays out", async () => {
  const m = await testMachine(handle.db, "pl-lot");
  const { jobId, productId } = await testJob(handle.db, m, "PO-L");
  const [resin, dye] = [
    await act(addMaterial, { code: "RESIN", name: "Resin", unit: "kg" }),
    await act(addMaterial, { code: "DYE", name: "Dye", unit: "g" }),
  ];
  await act(setBill, { productId, materialId: resin.materialId, perPart: 0.5 });
  const lot = {
    code: "7",
    materialId: resin.materialId,
    quantity: 100,
    supplierLot: "S-99/a",
    receivedAt: clock.now() - minute,
    expiresOn: "2027-01-31",
    location: "Rack 3",
  };
  const { lotId } = await act(receiveLot, lot);
  await expect(act(receiveLot, lot)).rejects.toMatchObject({ code: "already_taken" });
  const other = await act(receiveLot, { code: "7", materialId: dye.materialId, quantity: 5 });
  await act(receiveLot, { code: "B-1", productId, quantity: 12 });
  await expect(
    act(receiveLot, { code: "8", materialId: resin.materialId, productId, quantity: 1 }),
  ).rejects.toMatchObject({ code: "invalid" });
  await expect(
    act(receiveLot, { ...lot, code: "9", receivedAt: clock.now() + minute }),
  ).rejects.toMatchObject({ code: "invalid" });

  await act(holdLot, { lotId, reason: "wet" });
  await expect(act(startJob, { machineId: m.id, jobId, lotIds: [lotId] })).rejects.toMatchObject({
    code: "lot_on_hold",
  });
  await act(releaseLot, { lotId, reason: "dried" });
  await act(startJob, { machineId: m.id, jobId, lotIds: [lotId] });
  await testLane(handle.db, [countersConsumer]).hear(m, [
    { at: clock.now() + 1000, what: "good", value: 0 },
    { at: clock.now() + 2000, what: "good", value: 30 },
  ]);
  clock.advance(minute);
  const stock = async () => (await lotStock(handle.db, "open")).find((one) => one.id === lotId);
  expect((await stock())?.uses).toMatchObject([{ orderCode: "PO-L", role: "in", end: null, quantity: 15 }]);
  expect((await stock())?.quantity).toBe(85);
  await act(finishJob, { machineId: m.id, jobId });
  // 30 parts at 0.5 kg.
  expect(await stock()).toMatchObject({
    quantity: 85,
    received: 100,
    supplierLot: "S-99/a",
    expiresOn: "2027-01-31",
    uses: [{ orderCode: "PO-L", quantity: 15, end: clock.now() }],
  });
  expect((await lotStock(handle.db, "open")).find((one) => one.id === other.lotId)?.uses).toEqual([]);
  expect(
    (await listMaterials(handle.db, clock.now())).find((one) => one.code === "RESIN")?.bill,
  ).toMatchObject([{ perPart: 0.5 }]);
});
