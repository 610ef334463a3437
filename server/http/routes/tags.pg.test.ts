import { afterAll, beforeAll, expect, test } from "vitest";
import { jobRun, jobRunLot } from "#db/schema/execution/orders.ts";
import { storeReadings } from "#server/execution/tags/testing.ts";
import type { TestPlant } from "#server/execution/tags/testing.ts";
import { makePlant } from "#server/execution/tags/testing.ts";
import { testJob, testLot } from "#server/execution/testing.ts";
import { type TestBrowser, type TestHouse, testHouse } from "../testing.ts";
import { tagsRoutes } from "./tags.ts";

let house: TestHouse;
let plant: TestPlant;
let station: TestBrowser;
let tagId: number;
const minute = 60_000;
const at = Date.UTC(2026, 10, 22, 12);

beforeAll(async () => {
  house = await testHouse([tagsRoutes]);
  plant = await makePlant(house.db, "trend");
  station = await house.station([plant.machineId]);
  [tagId = 0] = plant.numbers;
  const values = [230, 231, 245, 232, 233];
  await storeReadings(
    house.db,
    plant,
    values.map((value, i) => ({ tagId, at: at + i * 10_000, value })),
  );
});
afterAll(() => house.close());

const readings = (query: string, id: number | string = tagId) => station.get(`/tags/${id}/readings${query}`);

test("a trend comes with its tag and every reading, and with what ran meanwhile: order, operation and lots", async () => {
  const { db } = house;
  const machine = { id: plant.machineId, lineId: plant.lineId, tags: {} as never };
  const [first, second] = [await testJob(db, machine, "O-1"), await testJob(db, machine, "O-2")];
  const [granulate, dye] = [await testLot(db, "PP-7"), await testLot(db, "DYE-3")];
  const run = async (jobId: string, start: number, end: number | null) => {
    const values = { machineId: machine.id, jobId, during: { start, end } };
    const [row] = await db.insert(jobRun).values(values).returning({ id: jobRun.id });
    return row?.id ?? "";
  };
  // The order changed between the second and the third reading; the dye was loaded later than the granulate.
  const before = await run(first.jobId, at - minute, at + 15_000);
  const now = await run(second.jobId, at + 15_000, null);
  await db.insert(jobRunLot).values([
    { jobRunId: now, lotId: granulate.lotId, role: "in", during: { start: at + 15_000, end: null } },
    { jobRunId: now, lotId: dye.lotId, role: "in", during: { start: at + 25_000, end: at + 35_000 } },
  ]);
  const { status, body } = await readings(`?from=${at}&to=${at + minute}&points=100`);
  expect(status).toBe(200);
  expect(body.tag).toMatchObject({ id: tagId, machineId: plant.machineId });
  expect([body.from, body.to, body.resolutionMs]).toEqual([at, at + minute, null]);
  expect(body.at.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((i) => at + i * 10_000));
  expect(body.value.slice(0, 5)).toEqual([230, 231, 245, 232, 233]);
  expect(body.bands).toMatchObject([
    {
      runId: before,
      orderCode: "O-1",
      operation: "mould",
      productName: "Product O-1",
      start: at - minute,
      end: at + 15_000,
      lots: [],
    },
    {
      runId: now,
      orderCode: "O-2",
      start: at + 15_000,
      end: null,
      lots: [
        { code: "PP-7", role: "in", unit: "kg", onHold: false, start: at + 15_000, end: null },
        { code: "DYE-3", role: "in", start: at + 25_000, end: at + 35_000 },
      ],
    },
  ]);
  // Only what overlaps the asked time.
  const late = (await readings(`?from=${at + 20_000}&to=${at + minute}`)).body;
  expect(late.bands.map((band: { orderCode: string }) => band.orderCode)).toEqual(["O-2"]);
});

test("a time that is none, ends before it begins or is asked for in a word that nobody knows is refused by field", async () => {
  for (const [query, field] of [
    ["", "from"],
    [`?from=${at}`, "to"],
    [`?from=yesterday&to=${at}`, "from"],
    [`?from=${at}&to=Infinity`, "to"],
    [`?from=${at}&to=${at}`, "from"],
    [`?from=${at}&to=${at - 1}`, "from"],
    [`?from=-9e15&to=${at}`, "from"],
    [`?from=${at}&to=9e15`, "to"],
    [`?from=${at}&to=${at + 1}&points=5`, "points"],
    [`?from=${at}&to=${at + 1}&points=4001`, "points"],
    [`?from=${at}&to=${at + 1}&until=7`, "until"],
  ]) {
    const { status, body } = await readings(query ?? "");
    expect([query, status, body.refusal?.code, body.refusal?.field]).toEqual([query, 400, "invalid", field]);
  }
});

test("an unknown tag is not found, and a number that no tag can have is invalid", async () => {
  const query = `?from=${at}&to=${at + minute}`;
  for (const id of [999_999, 2_147_483_647]) {
    const { status, body } = await readings(query, id);
    expect([status, body.refusal]).toEqual([404, { code: "not_found", params: {}, field: "id" }]);
  }
  for (const id of ["0", "-1", "1.5", "melt", "9".repeat(12)])
    expect([id, (await readings(query, id)).body.refusal?.code]).toEqual([id, "invalid"]);
});

test("a station reads the tags of its own machines, the office all of them, a stranger none", async () => {
  const query = `/tags/${tagId}/readings?from=${at}&to=${at + minute}`;
  const elsewhere = await house.station([house.machineId]);
  expect((await elsewhere.get(query)).status).toBe(401);
  expect((await house.browser().get(query)).status).toBe(401);
  expect((await (await house.signedIn("manager")).get(query)).status).toBe(200);
  expect((await station.get("/discovered-metrics")).body.refusal.code).toBe("badge_needed");
  const named = await station.get("/tags?machine=press-trend");
  expect(named.body.map((tag: { metric: string }) => tag.metric)).toEqual([
    "guard",
    "m0",
    "m1",
    "m2",
    "state",
  ]);
  expect((await station.get("/tags?machine=nowhere")).body).toEqual([]);
});
