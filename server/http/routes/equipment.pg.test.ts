import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { job, jobRun, product, productionOrder } from "#db/schema/execution/orders.ts";
import { undoers } from "#server/features.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { historyRoutes } from "./history.ts";
import { machinesRoutes } from "./machines.ts";
import { plantRoutes } from "./plant.ts";

let house: TestHouse;
let admin: TestBrowser;
beforeAll(async () => {
  house = await testHouse([plantRoutes, machinesRoutes, historyRoutes(undoers)]);
  await house.db.insert(equipment).values({ level: "site", code: "site", name: "Works", timeZone: "UTC" });
  admin = await house.signedIn("administrator");
});
afterAll(() => house.close());

const plant = async () => (await admin.get("/plant")).body;
const post = async (path: string, body: object = {}) => {
  const answer = await admin.post(path, body);
  return answer.status === 200 ? answer.body : answer.body.refusal;
};
const lastOf = async (objectType: string, objectId: number) =>
  (await admin.get(`/history?objectType=${objectType}&objectId=${objectId}`)).body[0];
/** Takes back the newest change of a record. */
const undoLast = async (objectType: string, objectId: number) =>
  post("/history/undo", { auditSeq: (await lastOf(objectType, objectId)).seq });
const machineOf = async (id: number) =>
  (await house.db.select().from(workUnit).where(eq(workUnit.id, id)))[0];
let lineId = 0;
beforeEach(async () => {
  lineId = (await machineOf(house.machineId))?.lineId ?? 0;
});

test("an area is added, named, given a line, and each step is taken back", async () => {
  const { areaId } = await post("/plant/areas", { code: "hall-1", name: "Hall 1" });
  await post(`/plant/areas/${areaId}`, { name: "Moulding" });
  await post(`/plant/lines/${lineId}`, { areaId });
  expect(await plant()).toMatchObject({
    areas: [{ id: areaId, name: "Moulding" }],
    lines: [{ id: lineId, areaId }],
  });
  expect(await post(`/plant/areas/${areaId}/use`, { active: false })).toMatchObject({
    code: "record_in_use",
    params: { name: "Moulding", what: "Line 1" },
  });
  await undoLast("equipment", lineId);
  await undoLast("equipment", areaId);
  expect(await plant()).toMatchObject({ areas: [{ name: "Hall 1" }], lines: [{ areaId: null }] });
  await post(`/plant/areas/${areaId}/use`, { active: false });
  expect(await post(`/plant/lines/${lineId}`, { areaId })).toMatchObject({ code: "put_away" });
  await undoLast("equipment", areaId);
  expect((await plant()).areas[0].retiredAt).toBeNull();
});

test("the machines of a line are put in order, and back; an order that forgets one is refused", async () => {
  const ids = async () => (await plant()).lines[0].machines.map((m: { id: number }) => m.id);
  const before = await ids();
  await post(`/plant/lines/${lineId}/order`, { machineIds: before.toReversed() });
  expect(await ids()).toEqual(before.toReversed());
  expect(await post(`/plant/lines/${lineId}/order`, { machineIds: before.slice(1) })).toMatchObject({
    code: "conflict",
  });
  await undoLast("equipment", lineId);
  expect(await ids()).toEqual(before);
});

test("a machine moves to the end of another line and counts there from then on; taken back, it stands where it stood", async () => {
  const before = await machineOf(house.machineId);
  const other = (await post("/plant/lines", { code: "line-2", name: "Line 2" })).lineId;
  await post(`/plant/machines/${house.machineId}`, { lineId: other });
  const moved = await machineOf(house.machineId);
  expect(moved).toMatchObject({ lineId: other, lineBefore: lineId, flowPosition: 1 });
  expect(moved?.lineSince?.getTime()).toBe(house.clock.now());
  await undoLast("machine", house.machineId);
  expect(await machineOf(house.machineId)).toMatchObject({
    lineId: before?.lineId,
    flowPosition: before?.flowPosition,
  });
  // An empty line is put away; nothing can be moved into it any more.
  await post(`/plant/lines/${other}/use`, { active: false });
  expect(await post(`/plant/machines/${house.machineId}`, { lineId: other })).toMatchObject({
    code: "put_away",
  });
});

test("a machine that is put away leaves the lists and keeps its history; a line with machines stays", async () => {
  const listed = async () =>
    (await admin.get("/lines")).body.flatMap((l: { machines: { id: number }[] }) =>
      l.machines.map((m) => m.id),
    );
  expect(await post(`/plant/lines/${lineId}/use`, { active: false })).toMatchObject({
    code: "record_in_use",
  });
  await post(`/plant/machines/${house.otherMachineId}/use`, { active: false });
  expect(await listed()).toEqual([house.machineId]);
  expect(await lastOf("machine", house.otherMachineId)).toMatchObject({
    action: "plant.use_machine",
    whyNot: null,
    changes: [{ field: "active", from: true, to: false }],
  });
  await undoLast("machine", house.otherMachineId);
  expect((await listed()).toSorted()).toEqual([house.machineId, house.otherMachineId].toSorted());
});

test("while a job is on a machine it is neither moved nor put away, and loses no positions", async () => {
  const { db, machineId, clock } = house;
  await post(`/plant/machines/${machineId}`, { positions: 4 });
  const orderId = crypto.randomUUID();
  await startJob(orderId);
  const other = (await post("/plant/lines", { code: "line-3", name: "Line 3" })).lineId;
  for (const change of [{ lineId: other }, { positions: 2 }])
    expect(await post(`/plant/machines/${machineId}`, change)).toMatchObject({
      code: "record_in_use",
      params: { what: "A-1" },
    });
  expect(await post(`/plant/machines/${machineId}/use`, { active: false })).toMatchObject({
    code: "record_in_use",
  });
  // Nor by taking back what gave the positions.
  expect(await undoLast("machine", machineId)).toMatchObject({ code: "record_in_use" });
  expect(await machineOf(machineId)).toMatchObject({ positions: 4, retiredAt: null });

  async function startJob(id: string) {
    const [made] = await db
      .insert(product)
      .values({ code: "lid", name: "Lid" })
      .returning({ id: product.id });
    await db
      .insert(productionOrder)
      .values({ id, code: "A-1", productId: made?.id ?? "", quantity: 10, state: "running" });
    const [running] = await db
      .insert(job)
      .values({ orderId: id, sequence: 1, operation: "10", machineId, quantity: 10, state: "running" })
      .returning({ id: job.id });
    await db
      .insert(jobRun)
      .values({ machineId, jobId: running?.id ?? "", during: { start: clock.now(), end: null } });
  }
});
