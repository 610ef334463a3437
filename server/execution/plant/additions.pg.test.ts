import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import { type Actor, founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { undoChange } from "#server/core/history.commands.ts";
import { readHistory } from "#server/core/history.queries.ts";
import { silentLogger } from "#server/core/log.ts";
import { cancelOrder } from "../orders/order-state.commands.ts";
import { createOrder } from "../orders/planning.commands.ts";
import { addProduct, setStandardCycle } from "../orders/products.commands.ts";
import { addArea, setMachineUse } from "./areas.commands.ts";
import { addLine, addMachine, changeMachine, setSite } from "./plant.commands.ts";
import { readPlant } from "./plant.queries.ts";
import { plantSchedules } from "./plant.schedules.ts";
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

test("an area stands in a works, under a code of its own", async () => {
  const empty = await testDb();
  const add = addArea.execute({ db: empty.db, clock }, administrator, randomUUID(), { code: "a", name: "A" });
  await expect(add).rejects.toMatchObject({ code: "site_needed" });
  await empty.close();
  await act(addArea, { code: "twice", name: "Hall A" });
  await expect(act(addArea, { code: "twice", name: "Hall B" })).rejects.toMatchObject({
    code: "already_taken",
    params: { value: "twice" },
  });
});

describe("a machine that is to leave on a day", () => {
  const leave = () =>
    handle.db.transaction(
      (tx) => plantSchedules[0]?.run({ tx, now: clock.now(), log: silentLogger }) as Promise<void>,
    );
  const machineNow = async (id: number) => {
    const { lines } = await readPlant(handle.db);
    return lines.flatMap(({ machines }) => machines).find((one) => one.id === id);
  };
  async function leaving(code: string) {
    const { lineId } = await act(addLine, { code: `${code}-line`, name: code });
    const { machineId } = await act(addMachine, { lineId, code, name: code, kind: "saw" });
    const at = clock.now() + 86_400_000;
    await act(changeMachine, { machineId, leavesAt: at });
    return { machineId, at };
  }

  test("is used until then and put away by itself, once", async () => {
    const { machineId, at } = await leaving("leaves");
    await leave();
    expect(await machineNow(machineId)).toMatchObject({ retiredAt: null, leavesAt: at });
    clock.advance(86_400_000);
    await leave();
    await leave();
    expect(await machineNow(machineId)).toMatchObject({ retiredAt: clock.now(), leavesAt: null });
    const told = await handle.db.select().from(audit).where(eq(audit.action, "plant.use_machine"));
    expect(told.filter(({ objectId }) => objectId === String(machineId))).toHaveLength(1);
  });

  test("stays while a job is planned on it, and goes when that is gone", async () => {
    const { machineId } = await leaving("busy");
    const { productId } = await act(addProduct, { code: "LEAVE", name: "Leave" });
    const jobs = [{ machineId, operation: "saw" }];
    const { orderId } = await act(createOrder, { code: "L-1", productId, quantity: 1, jobs });
    clock.advance(2 * 86_400_000);
    await leave();
    expect((await machineNow(machineId))?.retiredAt).toBeNull();
    await act(cancelOrder, { orderId, reason: "not needed" });
    await leave();
    expect((await machineNow(machineId))?.retiredAt).toBe(clock.now());
  });

  test("is not said for the past, and is taken back like any change", async () => {
    const { machineId } = await leaving("stays");
    await expect(act(changeMachine, { machineId, leavesAt: clock.now() - 1 })).rejects.toMatchObject({
      code: "value_out_of_range",
    });
    const of = { objectType: "machine", objectId: String(machineId) };
    const [newest] = await readHistory(handle.db, plantUndoers, administrator, of);
    await act(undoChange(plantUndoers), { auditSeq: newest?.seq });
    expect(await machineNow(machineId)).toMatchObject({ leavesAt: null });
  });
});
