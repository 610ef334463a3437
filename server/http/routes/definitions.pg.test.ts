import { afterAll, beforeAll, expect, test } from "vitest";
import { undoers } from "#server/features.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { historyRoutes } from "./history.ts";
import { ordersRoutes } from "./orders.ts";
import { productsRoutes } from "./products.ts";
import { toolsRoutes } from "./tools.ts";

let house: TestHouse;
let admin: TestBrowser;
beforeAll(async () => {
  house = await testHouse([productsRoutes, toolsRoutes, ordersRoutes, historyRoutes(undoers)]);
  admin = await house.signedIn("administrator");
});
afterAll(() => house.close());

const history = async (objectType: string, objectId: string) =>
  (await admin.get(`/history?objectType=${objectType}&objectId=${objectId}`)).body;
const undo = async (auditSeq: number) => (await admin.post("/history/undo", { auditSeq })).body;
const product = async (code: string): Promise<string> =>
  (await admin.post("/products", { code, name: `Product ${code}` })).body.productId;
const defined = async (id: string) => (await admin.get(`/products/${id}`)).body;
const operation = (name: string, setupMs = 0) => ({
  sequence: 10,
  name,
  machineIds: [house.machineId],
  setupMs,
});

test("a standard said by mistake is taken back for its machine alone, and holds as before", async () => {
  const id = await product("HX-S");
  const say = (machineId: number, cycleMs: number) =>
    admin.post(`/products/${id}/standard`, { machineId, cycleMs, partsPerCycle: 8 });
  await say(house.machineId, 10_000);
  house.clock.advance(60_000);
  await say(house.machineId, 5000);
  await say(house.otherMachineId, 7000);
  const [, mistake] = await history("product", id);
  expect(mistake).toMatchObject({ action: "standard.set", whyNot: null });
  expect(await undo(mistake.seq)).toMatchObject({ objectId: id });
  const { standards } = await defined(id);
  expect(standards).toMatchObject([
    { machineId: house.machineId, cycleMs: 10_000, from: null, to: null },
    { machineId: house.otherMachineId, cycleMs: 7000 },
  ]);
  expect((await undo(mistake.seq)).refusal.code).toBe("already_undone");
});

test("a bill is taken back to what it said; the way back is closed where it would make a circle meanwhile", async () => {
  const [pack, cap] = [await product("HX-PACK"), await product("HX-CAP")];
  await admin.post(`/products/${pack}/bill`, { componentId: cap, perPart: 10 });
  house.clock.advance(60_000);
  await admin.post(`/products/${pack}/bill`, { componentId: cap, perPart: 0, from: 0 });
  const [ended] = await history("product", pack);
  await admin.post(`/products/${cap}/bill`, { componentId: pack, perPart: 1, from: house.clock.now() });
  expect((await undo(ended.seq)).refusal).toMatchObject({ code: "bill_circle" });
  const [wrong] = await history("product", cap);
  await undo(wrong.seq);
  expect(await undo(ended.seq)).toMatchObject({ objectId: pack });
  expect((await defined(pack)).bill).toMatchObject([{ perPart: 10, from: null, to: null }]);
});

test("a routing that is taken back holds no more, an order made by it keeps it, and the one before holds again", async () => {
  const id = await product("HX-R");
  await admin.post(`/products/${id}/routing`, { operations: [operation("mould")] });
  house.clock.advance(60_000);
  await admin.post(`/products/${id}/routing`, { operations: [operation("mould", 60_000)] });
  const { orderId } = (await admin.post("/orders", { code: "HX-1", productId: id, quantity: 5 })).body;
  const [change] = await history("product", id);
  await undo(change.seq);
  expect((await defined(id)).routings).toMatchObject([
    { version: 2, replaced: true, openOrders: 1 },
    { version: 1, replaced: false, from: null, to: null },
  ]);
  expect((await admin.get(`/orders/${orderId}`)).body).toMatchObject({ routingVersion: 2 });
  // The next one gets a number of its own.
  const next = await admin.post(`/products/${id}/routing`, { operations: [operation("mould", 90_000)] });
  expect(next.body).toMatchObject({ version: 3 });
});

test("a tool's cavities, operations and maintenance are taken back each by itself", async () => {
  const id = await product("HX-T");
  const { toolId } = (
    await admin.post("/tools", { serial: "HX-1", name: "Mould", cavities: 8, startShots: 50 })
  ).body;
  const view = async () => (await admin.get(`/tools/${toolId}`)).body;
  await admin.post(`/tools/${toolId}/cavities`, { open: 7 });
  await admin.post(`/tools/${toolId}/fit`, { operations: [{ productId: id, operation: "mould" }] });
  house.clock.advance(60_000);
  await admin.post(`/tools/${toolId}/maintained`, { note: "by mistake" });
  await admin.post(`/tools/${toolId}`, { name: "Cap mould" });
  expect(await view()).toMatchObject({ openCavities: 7, shots: 0, name: "Cap mould", fits: [{}] });
  for (const { seq, action } of await history("tool", toolId))
    if (action !== "tool.add") expect(await undo(seq), action).toMatchObject({ objectId: toolId });
  expect(await view()).toMatchObject({
    openCavities: 8,
    cavityTimes: [],
    shots: 50,
    maintenance: [],
    name: "Mould",
    fits: [],
  });
});

test("a skill that was taken from the wrong person is theirs again, with its days", async () => {
  const personId = await house.person("7301", ["operator"]);
  const { skillId } = (await admin.post("/skills", { code: "welding", name: "Welding" })).body;
  const given = { skillId, since: "2026-01-01", expiresOn: "2027-01-01" };
  await admin.post(`/people/${personId}/skill`, given);
  await admin.post(`/people/${personId}/skill/take`, { skillId });
  const skills = async () =>
    (await admin.get("/people")).body.find((one: { id: string }) => one.id === personId).skills;
  expect(await skills()).toEqual([]);
  const [taken] = await history("person", personId);
  await undo(taken.seq);
  expect(await skills()).toMatchObject([given]);
});

test("whoever finds an old badge reads at the station that it was replaced", async () => {
  const personId = await house.person("7302", ["operator"]);
  const station = await house.station();
  const scan = async (badge: string) => (await station.post("/session/badge", { badge })).body;
  expect((await scan("7302")).actor.name).toBe("Person 7302");
  await admin.post(`/people/${personId}/badge/lose`, { badge: "7302", newBadge: "7302-B" });
  // At once: who was signed on with it is signed off.
  expect((await station.get("/session")).body.actor.kind).toBe("station");
  expect((await scan("7302")).refusal.code).toBe("badge_replaced");
  expect((await scan("7302-B")).actor.name).toBe("Person 7302");
  await admin.post(`/people/${personId}/badge/lose`, { badge: "7302-B" });
  expect((await scan("7302-B")).refusal.code).toBe("badge_lost");
  expect((await scan("nobody")).refusal.code).toBe("badge_unknown");
});
