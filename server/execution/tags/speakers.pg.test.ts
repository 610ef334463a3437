import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { source, tag } from "#db/schema/device/tags.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import type { Command } from "#server/core/command.ts";
import { endManual, makeManual, reportState } from "../manual/manual.commands.ts";
import { addTag, changeTag } from "./tags.commands.ts";
import { makePlant, type TestPlant } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let saw: number;
const everybody: Actor = {
  kind: "person",
  personId: randomUUID(),
  name: "Hugo Admin",
  roles: ["administrator", "supervisor"],
};
const clock = new ManualClock(Date.UTC(2026, 10, 23, 6));

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "speak", 0);
  const machine = {
    lineId: plant.lineId,
    code: "saw",
    name: "Saw",
    kind: "saw",
    microStopMs: 1000,
    staleMs: 5000,
  };
  const [row] = await handle.db.insert(workUnit).values(machine).returning();
  saw = row?.id ?? 0;
});
afterAll(() => handle.close());

const run = <I, O>(command: Command<I, O>, input: unknown): Promise<O> =>
  command.execute({ db: handle.db, clock }, everybody, randomUUID(), input);
const state = (machineId: number, metric: string) => ({
  sourceId: plant.sourceId,
  machineId,
  metric,
  name: metric,
  meaning: "state",
  datatype: "text",
});

test("of two states of one machine nobody could say which is true: the second is refused, also when it is switched on later", async () => {
  // The plant's machine has a state already, called "State".
  await expect(run(addTag, state(plant.machineId, "other"))).rejects.toMatchObject({
    code: "meaning_taken",
    params: { name: "State" },
  });
  const { tagId } = await run(addTag, { ...state(plant.machineId, "spare"), enabled: false });
  await expect(run(changeTag, { tagId, enabled: true })).rejects.toMatchObject({ code: "meaning_taken" });
  await expect(run(changeTag, { tagId: plant.text, meaning: "measurement" })).resolves.toBeDefined();
  await expect(run(changeTag, { tagId, enabled: true })).resolves.toBeDefined();
});

test("two who map a state of the same machine at the same moment: one is told that the other was first", async () => {
  const [machine] = await handle.db
    .insert(workUnit)
    .values({
      lineId: plant.lineId,
      code: "mill",
      name: "Mill",
      kind: "mill",
      microStopMs: 1000,
      staleMs: 5000,
    })
    .returning();
  const both = ["a", "b"].map((metric) => run(addTag, state(machine?.id ?? 0, metric)));
  const settled = await Promise.allSettled(both);
  expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("where people speak for a machine a source is refused until the entry by hand has ended; what was said stays", async () => {
  await run(makeManual, { machineId: saw });
  await run(reportState, { machineId: saw, word: "running" });
  await expect(run(addTag, state(saw, "saw/state"))).rejects.toMatchObject({
    code: "is_manual",
    params: { name: "Saw" },
  });
  await run(endManual, { machineId: saw });
  await expect(run(reportState, { machineId: saw, word: "idle" })).rejects.toMatchObject({
    code: "not_manual",
  });
  await run(addTag, state(saw, "saw/state"));
  const [hand] = await handle.db
    .select({ enabled: tag.enabled })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .where(and(eq(tag.machineId, saw), eq(tag.meaning, "state"), eq(source.driver, "manual")));
  expect(hand?.enabled).toBe(false);
  await expect(run(endManual, { machineId: saw })).rejects.toMatchObject({ code: "not_manual" });
});
