import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { job, jobRun, product, productionOrder } from "#db/schema/execution/orders.ts";
import { testDb } from "#db/testing.ts";
import type { Actor } from "#server/core/actor.contract.ts";
import { ManualClock } from "#server/core/clock.ts";
import { addTag, changeTag } from "./tags.commands.ts";
import { listDiscovered, listTags } from "./tags.queries.ts";
import { makePlant, storeReadings, type TestPlant } from "./testing.ts";
import { readTrend } from "./trend.queries.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
const now = Date.UTC(2026, 10, 22, 12);
const clock = new ManualClock(now);
const administrator: Actor = {
  kind: "person",
  personId: randomUUID(),
  name: "Hugo Admin",
  roles: ["administrator"],
};
const operator: Actor = { ...administrator, name: "Ada Larsen", roles: ["operator"] };

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "tags", 6);
});
afterAll(() => handle.close());

const deps = () => ({ db: handle.db, clock });

test("a discovered metric becomes a tag only when somebody says so", async () => {
  const { db } = handle;
  const at = new Date(now);
  const found = {
    sourceId: plant.sourceId,
    datatype: "number" as const,
    unit: "bar",
    firstSeen: at,
    lastSeen: at,
  };
  await db.insert(discoveredMetric).values({ ...found, metric: "press/Pressure" });
  const input = {
    sourceId: plant.sourceId,
    machineId: plant.machineId,
    metric: "press/Pressure",
    name: "Pressure",
    meaning: "measurement",
    datatype: "number",
    unit: "bar",
  };
  await expect(addTag.execute(deps(), operator, randomUUID(), input)).rejects.toMatchObject({
    code: "not_allowed",
  });
  expect((await listDiscovered(db)).map((row) => row.metric)).toEqual(["press/Pressure"]);
  const { tagId } = await addTag.execute(deps(), administrator, randomUUID(), input);
  expect(await listDiscovered(db)).toEqual([]);
  expect((await listTags(db, "press-tags")).find((tag) => tag.id === tagId)).toMatchObject({
    unit: "bar",
    name: "Pressure",
  });
  await expect(addTag.execute(deps(), administrator, randomUUID(), input)).rejects.toMatchObject({
    code: "already_taken",
  });
  await changeTag.execute(deps(), administrator, randomUUID(), { tagId, low: 0, high: 2500 });
  expect((await listTags(db)).find((tag) => tag.id === tagId)).toMatchObject({
    low: 0,
    high: 2500,
    name: "Pressure",
  });
});

test("13.5: few readings are drawn as they are, from the one that held before, with gaps where nothing is known", async () => {
  const tagId = plant.numbers[1] ?? 0;
  const at = (s: number) => now - 3_600_000 + s * 1000;
  await storeReadings(handle.db, plant, [
    { tagId, at: at(-10), value: 1 },
    { tagId, at: at(5), value: 2 },
    { tagId, at: at(10), value: null, quality: 2 },
    { tagId, at: at(20), value: 3 },
    { tagId, at: at(120), value: 4 },
  ]);
  const trend = await readTrend(handle.db, tagId, at(0), at(125), 100);
  expect(trend.resolutionMs).toBe(null);
  expect(trend.at.map((ms) => (ms - at(0)) / 1000)).toEqual([-10, 5, 10, 20, 50, 120]);
  expect(trend.value).toEqual([1, 2, null, 3, null, 4]);
});

test("13.5: a spike of one reading among many survives, at the level of readings and of rollups", async () => {
  const tagId = plant.numbers[2] ?? 0;
  const from = now - 6 * 3_600_000;
  const readings = Array.from({ length: 6 * 3600 }, (_, s) => ({
    tagId,
    at: from + s * 1000,
    value: s === 7777 ? 999 : 20 + (s % 3),
  }));
  await storeReadings(handle.db, plant, readings);
  const raw = await readTrend(handle.db, tagId, from + 7_000_000, from + 8_500_000, 300);
  expect(raw.resolutionMs).toBe(5000);
  expect(raw.at.length).toBeLessThanOrEqual(301);
  expect(Math.max(...raw.max.map((v) => v ?? 0))).toBe(999);
  expect(Math.min(...raw.min.map((v) => v ?? 99))).toBe(20);
  const rolled = await readTrend(handle.db, tagId, from, now, 360);
  expect(rolled.resolutionMs).toBe(60_000);
  expect(rolled.at.length).toBeLessThanOrEqual(361);
  const spike = rolled.max.indexOf(999);
  expect(rolled.at[spike]).toBe(from + Math.floor(7777 / 60) * 60_000);
  expect(rolled.value[spike]).toBeCloseTo((21 * 59 + 999) / 60, 0);
  expect(rolled.value.slice(0, 100)).not.toContain(null);
});

test("13.5: a silence is a gap in the rollups too", async () => {
  const tagId = plant.numbers[3] ?? 0;
  const from = now - 5 * 3_600_000;
  await storeReadings(
    handle.db,
    plant,
    [0, 10, 20, 30, 7200, 7210, 7220].map((s) => ({ tagId, at: from + s * 1000, value: 5 })),
  );
  const trend = await readTrend(handle.db, tagId, from, from + 3 * 3_600_000, 180);
  expect(trend.value.filter((v) => v === null).length).toBeGreaterThan(0);
  const holes = trend.at.filter((_, i) => trend.value[i] === null);
  expect(holes.every((ms) => ms > from + 60_000 && ms < from + 3 * 3_600_000)).toBe(true);
});

test("a text tag answers its changes, beginning with the one that held", async () => {
  const at = (s: number) => now - 1_800_000 + s * 1000;
  const words = ["idle", "running", "running", "fault", "running"];
  await storeReadings(
    handle.db,
    plant,
    words.map((value, i) => ({ tagId: plant.text, at: at(i * 10), value })),
  );
  const trend = await readTrend(handle.db, plant.text, at(5), at(60), 100);
  expect(trend.texts.map(({ at: ms, text }) => [(ms - at(0)) / 1000, text])).toEqual([
    [0, "idle"],
    [10, "running"],
    [30, "fault"],
    [40, "running"],
  ]);
});

test("13.7: a reading finds the order that ran when it was taken, also when that is said afterwards", async () => {
  const { db } = handle;
  const tagId = plant.numbers[4] ?? 0;
  const at = now - 600_000;
  await storeReadings(db, plant, [{ tagId, at, value: 8 }]);
  const context = () =>
    db.execute<{ order_code: string | null; lots: unknown }>(
      sql`select order_code, lots from reading_in_context where tag_id = ${tagId}`,
    );
  expect([...(await context())]).toEqual([{ order_code: null, lots: [] }]);
  const [made] = await db.insert(product).values({ code: "P1", name: "Cap" }).returning();
  const [order] = await db
    .insert(productionOrder)
    .values({ code: "O-77", productId: made?.id ?? "", quantity: 10, state: "running" })
    .returning();
  const [run] = await db
    .insert(job)
    .values({
      orderId: order?.id ?? "",
      sequence: 1,
      operation: "mould",
      machineId: plant.machineId,
      quantity: 10,
      state: "running",
    })
    .returning();
  await db
    .insert(jobRun)
    .values({ machineId: plant.machineId, jobId: run?.id ?? "", during: { start: at - 1000, end: null } });
  expect([...(await context())]).toEqual([{ order_code: "O-77", lots: [] }]);
  const trend = await readTrend(db, tagId, at - 60_000, now, 100);
  expect(trend.bands.map(({ orderCode, start, end }) => [orderCode, start, end])).toEqual([
    ["O-77", at - 1000, null],
  ]);
});

test("an unknown tag is not found, and a period that ends before it begins is invalid", async () => {
  await expect(readTrend(handle.db, 999_999, 0, 1, 10)).rejects.toMatchObject({ code: "not_found" });
  await expect(readTrend(handle.db, plant.text, 2, 1, 10)).rejects.toMatchObject({
    code: "invalid",
    field: "from",
  });
});
