import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { undoChange } from "#server/core/history.commands.ts";
import { readHistory } from "#server/core/history.queries.ts";
import { cancelOrder } from "../orders/order-state.commands.ts";
import { createOrder } from "../orders/planning.commands.ts";
import { addProduct, setStandardCycle } from "../orders/products.commands.ts";
import { addArea, setMachineUse } from "./areas.commands.ts";
import { addLine, addMachine, setSite } from "./plant.commands.ts";
import { plantUndoers } from "./plant.undo.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
const clock = new ManualClock(Date.UTC(2026, 10, 23, 8));
const administrator: Actor = { ...founderActor("test"), roles: ["administrator"] };

const act = <I, O>(command: Command<I, O>, input: unknown): Promise<O> =>
  command.execute({ db: handle.db, clock }, administrator, randomUUID(), input);

beforeAll(async () => {
  handle = await testDb();
  await act(setSite, { name: "Works", timeZone: "Europe/Berlin" });
});
afterAll(() => handle.close());

/** Takes back how a record came to be. */
async function undoAddition(objectType: string, objectId: number): Promise<void> {
  const of = { objectType, objectId: String(objectId) };
  const first = (await readHistory(handle.db, plantUndoers, administrator, of)).at(-1);
  await act(undoChange(plantUndoers), { auditSeq: first?.seq });
}

test("a machine, a line and an area that were added by mistake go as if they had never been", async () => {
  const { areaId } = await act(addArea, { code: "hall", name: "Hall" });
  const { lineId } = await act(addLine, { code: "saw", name: "Sawing" });
  const { machineId } = await act(addMachine, { lineId, code: "saw-1", name: "Saw 1", kind: "saw" });
  await undoAddition("machine", machineId);
  await undoAddition("equipment", lineId);
  await undoAddition("equipment", areaId);
  expect(await handle.db.select().from(workUnit)).toEqual([]);
  expect((await handle.db.select().from(equipment)).map(({ level }) => level).toSorted()).toEqual([
    "enterprise",
    "site",
  ]);
  // Their codes are free again.
  await act(addLine, { code: "saw", name: "Sawing" });
});

test("what something hangs on stays, and it is said that it is put away instead", async () => {
  const { lineId } = await act(addLine, { code: "mill", name: "Milling" });
  const { machineId } = await act(addMachine, { lineId, code: "mill-1", name: "Mill 1", kind: "mill" });
  const { productId } = await act(addProduct, { code: "BAR", name: "Bar" });
  await act(setStandardCycle, { productId, machineId, cycleMs: 1000 });
  const used = (name: string) => ({ code: "already_used", params: { name } });
  await expect(undoAddition("machine", machineId)).rejects.toMatchObject(used("Mill 1"));
  await expect(undoAddition("equipment", lineId)).rejects.toMatchObject(used("Milling"));
  expect(await handle.db.select().from(workUnit).where(eq(workUnit.id, machineId))).toHaveLength(1);
});

test("a machine on which jobs are planned is not put away before they are moved or cancelled", async () => {
  const { lineId } = await act(addLine, { code: "lathe", name: "Turning" });
  const { machineId } = await act(addMachine, { lineId, code: "lathe-1", name: "Lathe 1", kind: "lathe" });
  const { productId } = await act(addProduct, { code: "BOLT", name: "Bolt" });
  const jobs = [{ machineId, operation: "turn" }];
  const { orderId } = await act(createOrder, { code: "4711", productId, quantity: 10, jobs });
  await expect(act(setMachineUse, { machineId, active: false })).rejects.toMatchObject({
    code: "jobs_planned",
    params: { name: "Lathe 1", count: 1, order: "4711" },
  });
  await act(cancelOrder, { orderId, reason: "Not wanted" });
  await act(setMachineUse, { machineId, active: false });
  const [machine] = await handle.db.select().from(workUnit).where(eq(workUnit.id, machineId));
  expect(machine?.retiredAt).not.toBeNull();
});
