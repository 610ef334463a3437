import { randomUUID } from "node:crypto";
import { desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit, fact, setting } from "#db/schema/core/core.ts";
import { source } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { systemClock } from "#server/core/clock.ts";
import { edgeCode } from "#server/device/simulator/layout.ts";
import { addFirstMachine } from "./demo.commands.ts";

/** A real plant that happens to call its edge and its line as the demo does: only the mark of the demo is missing. */
let handle: Awaited<ReturnType<typeof testDb>>;
const administrator: Actor = {
  kind: "person",
  personId: randomUUID(),
  name: "Hugo Admin",
  roles: ["administrator"],
};
const tokenHash = "ab".repeat(32);

beforeAll(async () => {
  handle = await testDb();
  await handle.db.insert(edge).values({ code: edgeCode, name: "Edge", tokenHash: Buffer.from([0]) });
  await handle.db.insert(equipment).values({ level: "line", code: "finishing", name: "Finishing" });
});
afterAll(() => handle.close());

const add = (actor = administrator) =>
  addFirstMachine.execute({ db: handle.db, clock: systemClock }, actor, randomUUID(), { tokenHash });

test("nobody adds the story's label printer to a real plant: refused, and nothing is written", async () => {
  const { db } = handle;
  await expect(add()).rejects.toMatchObject({ code: "not_found" });
  expect(await db.select().from(workUnit)).toEqual([]);
  expect(await db.select().from(source)).toEqual([]);
  expect(await db.select().from(fact)).toEqual([]);
});

test("in the demo's plant an administrator adds one after the other, each with a source and a record", async () => {
  const { db } = handle;
  await db.insert(setting).values({ key: "demo", value: { speed: 1 } });
  await expect(add({ ...administrator, roles: ["supervisor"] })).rejects.toMatchObject({
    code: "not_allowed",
  });
  const made = [await add(), await add()];
  expect(made.map(({ code, name }) => [code, name])).toEqual([
    ["label-1", "Label printer 1"],
    ["label-2", "Label printer 2"],
  ]);
  const [newest] = await db.select().from(source).orderBy(desc(source.id)).limit(1);
  expect(newest).toMatchObject({ id: made[1]?.sourceId, code: "label-2", driver: "socketio" });
  expect(Buffer.from(newest?.tokenHash ?? []).toString("hex")).toBe(tokenHash);
  const [machine] = await db.select().from(workUnit).where(eq(workUnit.code, "label-2"));
  expect(machine?.id).toBe(made[1]?.machineId);
  const told = await db.select().from(audit).where(eq(audit.action, "source.add"));
  expect(told.map(({ objectId, machineId }) => [objectId, machineId])).toEqual(
    made.map((one) => [String(one.sourceId), one.machineId]),
  );
  expect(await db.select().from(fact)).toHaveLength(2);
});
