import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { audit } from "#db/schema/core/core.ts";
import { type Actor, serviceActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { countersConsumer } from "../counters/consumer.ts";
import { lotStock } from "../materials/stock.queries.ts";
import { testHand, testJob, testLane, testLot, testMachine } from "../testing.ts";
import { setBill } from "./bill.commands.ts";
import { copyProduct } from "./definition.commands.ts";
import { definitionOf } from "./definition.queries.ts";
import { finishJob, startJob } from "./orders.commands.ts";
import { orderById } from "./orders.queries.ts";
import { createOrder, splitOrder } from "./planning.commands.ts";
import { addProduct, setStandardCycle } from "./products.commands.ts";
import { setRouting } from "./routing.commands.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const start = Date.UTC(2026, 10, 22, 8);
const clock = new ManualClock(start);
const hour = 3_600_000;
const act = <I, O>(command: Command<I, O>, input: unknown, by: Actor = testHand): Promise<O> =>
  command.execute({ db: handle.db, clock }, by, randomUUID(), input);
const product = async (code: string) => (await act(addProduct, { code, name: `Product ${code}` })).productId;
const defined = async (productId: string) => {
  const found = await definitionOf(handle.db, productId, clock.now());
  if (found === undefined) throw new Error("no such product");
  return found;
};
const mould = (machineIds: number[], more = {}) => ({ sequence: 10, name: "mould", machineIds, ...more });

test("an order keeps the version of the routing it was made with, and a part split off from it too", async () => {
  const [one, two] = [await testMachine(handle.db, "df-1"), await testMachine(handle.db, "df-2")];
  const productId = await product("DF-A");
  await expect(act(createOrder, { code: "DF-0", productId, quantity: 10 })).rejects.toMatchObject({
    code: "routing_needed",
  });
  await act(setRouting, { productId, operations: [mould([one.id])] });
  const first = await act(createOrder, { code: "DF-1", productId, quantity: 10 });
  clock.advance(hour);
  const second = [{ sequence: 20, name: "deburr", machineKind: "press", setupMs: 600_000 }, mould([two.id])];
  expect(await act(setRouting, { productId, operations: second })).toMatchObject({ version: 2 });
  const part = await act(splitOrder, { orderId: first.orderId, quantity: 4, code: "DF-1-2" });
  const later = await act(createOrder, { code: "DF-2", productId, quantity: 10 });
  const view = async (id: string) => orderById(handle.db, id, clock.now());
  expect(await view(first.orderId)).toMatchObject({
    routingVersion: 1,
    jobs: [{ sequence: 10, operation: "mould", machineId: one.id }],
  });
  expect(await view(part.orderId)).toMatchObject({ routingVersion: 1 });
  expect(await view(later.orderId)).toMatchObject({
    routingVersion: 2,
    jobs: [
      { sequence: 10, operation: "mould", machineId: two.id },
      { sequence: 20, operation: "deburr" },
    ],
  });
  const { routings } = await defined(productId);
  expect(routings).toMatchObject([
    { version: 2, from: clock.now(), to: null, openOrders: 1 },
    { version: 1, from: null, to: clock.now(), openOrders: 2 },
  ]);
  // Any machine of the kind that is named, without naming each.
  expect(routings[0]?.operations[1]?.machines.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["df-1", "df-2"]),
  );
});

test("an order of a product with a standard goes to the machine that has one", async () => {
  const [one, two] = [await testMachine(handle.db, "df-s1"), await testMachine(handle.db, "df-s2")];
  const productId = await product("DF-S");
  await act(setRouting, { productId, operations: [mould([one.id, two.id])] });
  await act(setStandardCycle, { productId, machineId: two.id, cycleMs: 12_000, partsPerCycle: 8 });
  const made = await act(createOrder, { code: "DF-S1", productId, quantity: 10 });
  expect(await orderById(handle.db, made.orderId, clock.now())).toMatchObject({
    jobs: [{ machineId: two.id }],
  });
});

test("a version said for the past takes the place of later ones; an order made by one of these keeps it", async () => {
  const m = await testMachine(handle.db, "df-past");
  const productId = await product("DF-P");
  await act(setRouting, { productId, operations: [mould([m.id])] });
  clock.advance(hour);
  await act(setRouting, { productId, operations: [mould([m.id], { setupMs: 60_000 })] });
  const made = await act(createOrder, { code: "DF-P1", productId, quantity: 10 });
  clock.advance(hour);
  const from = clock.now() - 2 * hour;
  await act(setRouting, { productId, operations: [mould([m.id], { setupMs: 90_000 })], from });
  expect((await defined(productId)).routings).toMatchObject([
    { version: 3, from, to: null, replaced: false },
    { version: 2, replaced: true, openOrders: 1 },
    { version: 1, from: null, to: from, replaced: false },
  ]);
  expect(await orderById(handle.db, made.orderId, clock.now())).toMatchObject({ routingVersion: 2 });
  const again = act(setRouting, { productId, operations: [mould([m.id], { setupMs: 90_000 })] });
  await expect(again).rejects.toMatchObject({ code: "nothing_changes" });
});

test("a routing that no machine can run, or that names an operation twice, is refused by its name", async () => {
  const m = await testMachine(handle.db, "df-bad");
  const productId = await product("DF-B");
  const refused = (operations: object[]) => expect(act(setRouting, { productId, operations })).rejects;
  await refused([mould([])]).toMatchObject({ code: "operation_nowhere", params: { operation: "mould" } });
  await refused([mould([m.id]), mould([m.id], { sequence: 20 })]).toMatchObject({ code: "operation_twice" });
  await refused([mould([m.id], { skillId: 999 })]).toMatchObject({ code: "not_found" });
  expect((await defined(productId)).routings).toEqual([]);
});

test("a product never comes to hold itself: the chain is named, and two who close it together take turns", async () => {
  const [pack, cap, liner] = [await product("DF-PACK"), await product("DF-CAP"), await product("DF-LINER")];
  await act(setBill, { productId: pack, componentId: cap, perPart: 10 });
  await act(setBill, { productId: cap, componentId: liner, perPart: 1 });
  await expect(act(setBill, { productId: liner, componentId: pack, perPart: 1 })).rejects.toMatchObject({
    code: "bill_circle",
    params: { chain: "DF-LINER → DF-PACK → DF-CAP → DF-LINER" },
    field: "componentId",
  });
  await expect(act(setBill, { productId: cap, componentId: cap, perPart: 1 })).rejects.toMatchObject({
    code: "bill_circle",
  });
  const [a, b] = [await product("DF-C1"), await product("DF-C2")];
  const both = await Promise.allSettled([
    act(setBill, { productId: a, componentId: b, perPart: 1 }),
    act(setBill, { productId: b, componentId: a, perPart: 1 }),
  ]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect((await defined(liner)).usedIn.map(({ code }) => code)).toEqual(["DF-CAP"]);
});

test("a bill holds from its date; the record says what it said before and after", async () => {
  const productId = await product("DF-D");
  const { materialId } = await testLot(handle.db, "df-d");
  await act(setBill, { productId, materialId, perPart: 0.5, scrapPercent: 4 });
  clock.advance(hour);
  await act(setBill, { productId, materialId, perPart: 0.4 });
  const { bill } = await defined(productId);
  expect(bill).toMatchObject([
    { perPart: 0.4, scrapPercent: 0, from: clock.now(), to: null, unit: "kg" },
    { perPart: 0.5, scrapPercent: 4, from: null, to: clock.now() },
  ]);
  const rows = await handle.db
    .select()
    .from(audit)
    .where(and(eq(audit.objectId, productId), eq(audit.action, "bill.set")));
  expect(rows.at(-1)?.before).toMatchObject({
    [`material:${materialId}`]: [{ perPart: 0.5, scrapPercent: 4, from: null, to: null }],
  });
  expect(rows.at(-1)?.after).toMatchObject({
    [`material:${materialId}`]: [
      { perPart: 0.5, from: null, to: clock.now() },
      { perPart: 0.4, from: clock.now(), to: null },
    ],
  });
});

test("a bill for the past posts anew what the runs since then used; what ran before stays", async () => {
  const m = await testMachine(handle.db, "df-use");
  const { productId, jobId } = await testJob(handle.db, m, "DF-U");
  const { lotId, materialId } = await testLot(handle.db, "df-u");
  await act(setBill, { productId, materialId, perPart: 0.5, from: clock.now() - hour });
  const lane = testLane(handle.db, [countersConsumer]);
  const left = async () => (await lotStock(handle.db, "all")).find((lot) => lot.id === lotId)?.quantity;
  await act(startJob, { machineId: m.id, jobId, lotIds: [lotId] });
  const began = clock.now();
  await lane.hear(m, [
    { at: began + 1000, what: "good", value: 0 },
    { at: began + 20_000, what: "good", value: 100 },
  ]);
  clock.advance(60_000);
  await act(finishJob, { machineId: m.id, jobId });
  expect(await left()).toBe(450);
  // From after the run began: it stays. From before: posted anew.
  await act(setBill, { productId, materialId, perPart: 0.2, from: began + 1000 });
  expect(await left()).toBe(450);
  await act(setBill, { productId, materialId, perPart: 0.2, from: began });
  expect(await left()).toBe(480);
  await act(setBill, { productId, materialId, perPart: 0, from: began });
  expect(await left()).toBe(500);
});

test("lots of a component that were on a job side by side share what it used", async () => {
  const m = await testMachine(handle.db, "df-two");
  const { productId, jobId } = await testJob(handle.db, m, "DF-T");
  const first = await testLot(handle.db, "df-t1", productId);
  const [second] = (await handle.db.execute(
    `insert into lot (code, material_id, quantity) values ('df-t2', '${first.materialId}', 500) returning id`,
  )) as unknown as { id: string }[];
  await act(startJob, { machineId: m.id, jobId, lotIds: [first.lotId, second?.id] });
  const began = clock.now();
  await testLane(handle.db, [countersConsumer]).hear(m, [
    { at: began + 1000, what: "good", value: 0 },
    { at: began + 20_000, what: "good", value: 100 },
  ]);
  clock.advance(60_000);
  const running = (await lotStock(handle.db, "all")).filter((lot) => lot.code.startsWith("df-t"));
  expect(running.map((lot) => lot.quantity)).toEqual([475, 475]);
  await act(finishJob, { machineId: m.id, jobId });
  const after = (await lotStock(handle.db, "all")).filter((lot) => lot.code.startsWith("df-t"));
  expect(after.map((lot) => lot.quantity)).toEqual([475, 475]);
});

test("a product takes over standards, routing and bill of another from now on; what it has of its own stays", async () => {
  const m = await testMachine(handle.db, "df-copy");
  const [source, target] = [await product("DF-X"), await product("DF-Y")];
  const bought = await testLot(handle.db, "df-x");
  const own = await testLot(handle.db, "df-y", target);
  await act(setRouting, { productId: source, operations: [mould([m.id], { setupMs: 1000 })] });
  await act(setStandardCycle, { productId: source, machineId: m.id, cycleMs: 9000, partsPerCycle: 8 });
  await act(setBill, { productId: source, materialId: bought.materialId, perPart: 0.3, scrapPercent: 2 });
  clock.advance(hour);
  const copy = { productId: target, sourceId: source, what: ["standards", "routing", "bill"] };
  await act(copyProduct, copy);
  const got = await defined(target);
  expect(got.standards).toMatchObject([{ machineId: m.id, cycleMs: 9000, partsPerCycle: 8, to: null }]);
  expect(got.routings).toMatchObject([{ version: 1, operations: [{ name: "mould", setupMs: 1000 }] }]);
  expect(got.bill.map((line) => [line.materialId, line.perPart, line.scrapPercent])).toEqual([
    [bought.materialId, 0.3, 2],
    [own.materialId, 0.5, 0],
  ]);
  await expect(act(copyProduct, copy)).rejects.toMatchObject({ code: "nothing_changes" });
  await expect(act(copyProduct, { ...copy, sourceId: target })).rejects.toMatchObject({
    code: "nothing_changes",
  });
});

test("an operator looks at a product and changes nothing of it", async () => {
  const operator: Actor = { ...serviceActor("ada"), kind: "person", roles: ["operator"] };
  const productId = await product("DF-O");
  for (const [command, input] of [
    [setRouting, { productId, operations: [mould([1])] }],
    [setBill, { productId, componentId: productId, perPart: 1 }],
    [copyProduct, { productId, sourceId: productId, what: ["bill"] }],
  ] as const)
    await expect(act(command as Command<unknown, unknown>, input, operator)).rejects.toMatchObject({
      code: "not_allowed",
    });
});

test("a product's code names one product", async () => {
  await act(addProduct, { code: "DF-SAME", name: "One" });
  await expect(act(addProduct, { code: "DF-SAME", name: "Other" })).rejects.toMatchObject({
    code: "already_taken",
    params: { value: "DF-SAME" },
  });
});
