import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { contextAt } from "../context/context.queries.ts";
import { finishJob, startJob } from "../orders/orders.commands.ts";
import { testHand, testJob, testLot, testMachine } from "../testing.ts";
import { holdLot, loadLot, releaseLot } from "./materials.commands.ts";
import { addMaterial } from "./receiving.commands.ts";
import { lotStock } from "./stock.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
beforeAll(async () => {
  handle = await testDb();
});
afterAll(() => handle.close());

const clock = new ManualClock(Date.UTC(2026, 10, 23, 8));
const minute = 60_000;
const act = <I, O>(command: Command<I, O>, input: unknown, actor = testHand): Promise<O> =>
  command.execute({ db: handle.db, clock }, actor, randomUUID(), input);
const dispositionOf = async (lotId: string) =>
  (await lotStock(handle.db, "all")).find(({ id }) => id === lotId)?.disposition;

/** A machine that runs a job with a lot on it, and a second lot of the same material beside it. */
async function running(name: string) {
  const machine = await testMachine(handle.db, name);
  const { jobId, productId } = await testJob(handle.db, machine, `PO-${name}`);
  const on = await testLot(handle.db, `${name}-on`, productId);
  const [beside] = await handle.db.execute<{ id: string }>(sql`
    insert into lot (code, material_id, quantity) values (${`${name}-beside`}, ${on.materialId}, 100) returning id`);
  await act(startJob, { machineId: machine.id, jobId, lotIds: [on.lotId] });
  return { machineId: machine.id, jobId, productId, on: on.lotId, beside: beside?.id ?? "" };
}

test("a material's code is its own", async () => {
  const founder = founderActor("test");
  await act(addMaterial, { code: "RESIN", name: "Resin", unit: "kg" }, founder);
  await expect(act(addMaterial, { code: "RESIN", name: "Other", unit: "kg" }, founder)).rejects.toMatchObject(
    {
      code: "already_taken",
      field: "code",
    },
  );
});

test("a lot that is on hold is not held again, and one that is free is not released", async () => {
  const { lotId } = await testLot(handle.db, "H-1");
  await expect(act(releaseLot, { lotId, reason: "checked" })).rejects.toMatchObject({ code: "wrong_state" });
  await act(holdLot, { lotId, reason: "wet" });
  await expect(act(holdLot, { lotId, reason: "wet" })).rejects.toMatchObject({
    code: "wrong_state",
    params: { state: "restricted" },
  });
  await act(releaseLot, { lotId, reason: "dried" });
  expect(await dispositionOf(lotId)).toBe("unrestricted");
});

test("a lot goes onto a job within the job's time, and not before the one that is on it came", async () => {
  const began = clock.now();
  const { machineId, on, beside } = await running("m-when");
  clock.advance(10 * minute);
  for (const at of [began - 1, clock.now() + 1])
    await expect(act(loadLot, { machineId, lotId: beside, at })).rejects.toMatchObject({
      code: "invalid",
      field: "at",
    });
  await act(loadLot, { machineId, lotId: beside, at: began + 5 * minute });
  await expect(act(loadLot, { machineId, lotId: on, at: began + 4 * minute })).rejects.toMatchObject({
    code: "conflict",
    field: "at",
  });
  const lots = async (at: number) => (await contextAt(handle.db, machineId, at))[0]?.lots.map((l) => l.code);
  expect(await lots(began + 4 * minute)).toEqual(["m-when-on"]);
  expect(await lots(began + 6 * minute)).toEqual(["m-when-beside"]);
});

test("a lot that is used up is not loaded", async () => {
  const { machineId, beside } = await running("m-empty");
  await handle.db.execute(sql`update lot set disposition = 'closed' where id = ${beside}`);
  await expect(act(loadLot, { machineId, lotId: beside })).rejects.toMatchObject({ code: "lot_mismatch" });
});

test("what came out of a job gets a number of its own; a number that is taken ends nothing", async () => {
  const { machineId, jobId, productId } = await running("m-out");
  await handle.db.execute(
    sql`insert into lot (code, product_id, quantity) values ('OUT-1', ${productId}, 5)`,
  );
  clock.advance(minute);
  await expect(
    act(finishJob, { machineId, jobId, out: { code: "OUT-1", quantity: 3 } }),
  ).rejects.toMatchObject({ code: "already_taken", field: "out.code" });
  await act(finishJob, { machineId, jobId, out: { code: "OUT-2", quantity: 3 } });
});
