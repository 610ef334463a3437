import { createHash } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "#db/schema/core/core.ts";
import { tag } from "#db/schema/device/tags.ts";
import { deadLetter, reading } from "#db/schema/edge/ingest.ts";
import { deadRaw } from "#server/edge/validate.rules.ts";
import { makePlant, type TestPlant } from "#server/execution/ingest/testing.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { deadLettersRoutes } from "./dead-letters.ts";
import { tagsRoutes } from "./tags.ts";

let house: TestHouse;
let plant: TestPlant;
let admin: TestBrowser;
let now: number;

beforeAll(async () => {
  house = await testHouse([deadLettersRoutes, tagsRoutes]);
  plant = await makePlant(house.db, "again", 1);
  admin = await house.signedIn("administrator");
  now = house.clock.now();
});
afterAll(() => house.close());

/** Letters as the edge writes them. */
async function letters(metric: string, values: readonly number[], reason = "unknown_tag", unit?: string) {
  const rows = values.map((value, i) => {
    const said = {
      metric,
      sourceTime: now - 60_000 + i * 1000,
      value,
      quality: 0 as const,
      ...(unit && { unit }),
    };
    const raw = JSON.stringify(deadRaw(said, plant.sourceId, null, now));
    const sha256 = createHash("sha256").update(raw).digest();
    return { edgeId: plant.edgeId, reason, raw, sha256, firstSeen: new Date(now), lastSeen: new Date(now) };
  });
  const made = await house.db.insert(deadLetter).values(rows).returning({ id: deadLetter.id });
  return made.map(({ id }) => id);
}
const readings = (tagId: number) =>
  house.db.select().from(reading).where(eq(reading.tagId, tagId)).orderBy(asc(reading.sourceTs));
const group = async (metric: string) =>
  (
    (await admin.get("/dead-letters/groups")).body as { metric: string; reason: string; ids: number[] }[]
  ).find((one) => one.metric === metric);
const map = (metric: string, change: object = {}) =>
  admin.post("/tags", {
    sourceId: plant.sourceId,
    machineId: plant.machineId,
    metric,
    name: metric,
    meaning: "measurement",
    datatype: "number",
    ...change,
  });

test("what came before its metric had a tag is stored once the metric is mapped, each reading once, as history", async () => {
  const ids = await letters("oven/Temp", [200, 201, 202]);
  expect(await group("oven/Temp")).toMatchObject({
    letters: 3,
    reason: "unknown_tag",
    replayable: true,
    ids: ids.toReversed(),
  });
  // Before there is a tag nothing can become of it, and it stays.
  expect((await admin.post("/dead-letters/replay", { ids })).body).toEqual({ replayed: 0, still: 3 });
  const { tagId } = (await map("oven/Temp", { scale: 0.5 })).body;
  expect((await admin.post("/dead-letters/replay", { ids })).body).toEqual({ replayed: 3, still: 0 });
  const stored = await readings(tagId);
  expect(stored.map(({ num, sourceTs }) => [num, sourceTs.getTime() - now])).toEqual([
    [100, -60_000],
    [100.5, -59_000],
    [101, -58_000],
  ]);
  // Again: the letters are no longer open, and nothing is doubled.
  expect((await admin.post("/dead-letters/replay", { ids })).body).toEqual({ replayed: 0, still: 0 });
  expect(await readings(tagId)).toHaveLength(3);
  expect(await group("oven/Temp")).toBeUndefined();
  const rows = await house.db.select().from(audit).where(eq(audit.action, "deadletter.replay"));
  expect(rows.map(({ after }) => (after as { replayed: number }).replayed)).toEqual([0, 3, 0]);
});

test("of a mended limit only what still lies outside stays, with the reason of today", async () => {
  const { tagId } = (await map("press/Force", { high: 10, unit: "kN" })).body;
  const ids = await letters("press/Force", [11, 15, 900], "wrong_unit");
  await admin.post(`/tags/${tagId}`, { high: 20 });
  expect((await admin.post("/dead-letters/replay", { ids })).body).toEqual({ replayed: 2, still: 1 });
  expect((await readings(tagId)).map(({ num }) => num)).toEqual([11, 15]);
  expect(await group("press/Force")).toMatchObject({ reason: "out_of_range", letters: 1 });
});

test("a tag that was switched off, or belongs to another edge, takes nothing", async () => {
  const ids = await letters("gate/Count", [1]);
  const { tagId } = (await map("gate/Count")).body;
  await house.db.update(tag).set({ enabled: false }).where(eq(tag.id, tagId));
  expect((await admin.post("/dead-letters/replay", { ids })).body).toEqual({ replayed: 0, still: 1 });
  const other = await makePlant(house.db, "other", 0);
  await house.db.update(tag).set({ enabled: true, sourceId: other.sourceId }).where(eq(tag.id, tagId));
  expect((await admin.post("/dead-letters/replay", { ids })).body).toEqual({ replayed: 0, still: 1 });
});

test("whoever may not manage dead letters replays none", async () => {
  const ids = await letters("x/y", [1]);
  const operator = await house.signedIn("manager");
  expect((await operator.post("/dead-letters/replay", { ids })).body.refusal.code).toBe("not_allowed");
});
