import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestBrowser, type TestHouse, testHouse } from "./testing.ts";
import { adjustmentsRoutes } from "./routes/adjustments.ts";
import { attentionRoutes } from "./routes/attention.ts";
import { countersRoutes } from "./routes/counters.ts";
import { deadLettersRoutes } from "./routes/dead-letters.ts";
import { machinesRoutes } from "./routes/machines.ts";
import { oeeRoutes } from "./routes/oee.ts";
import { ordersRoutes } from "./routes/orders.ts";
import { shiftsRoutes } from "./routes/shifts.ts";
import { tagsRoutes } from "./routes/tags.ts";

let house: TestHouse;
let everybody: TestBrowser;
beforeAll(async () => {
  house = await testHouse([
    adjustmentsRoutes,
    attentionRoutes,
    countersRoutes,
    deadLettersRoutes,
    machinesRoutes,
    oeeRoutes,
    ordersRoutes,
    shiftsRoutes,
    tagsRoutes,
  ]);
  everybody = await house.signedIn("administrator", "supervisor", "setter", "manager");
});
afterAll(() => house.close());

const far = "9000000000000000";
const job = "/jobs/00000000-0000-4000-8000-000000000001/start";

/** An id beyond every row, a time beyond every calendar: each a 500 if it reached the database. */
const reads: readonly (readonly [path: string, field: string])[] = [
  [`/tags/${far}/readings?from=1&to=2`, "id"],
  [`/tags/1/readings?from=-${far}&to=2`, "from"],
  [`/tags/1/readings?from=1&to=${far}`, "to"],
  [`/machines/press-1/states?from=1&to=${far}`, "to"],
  [`/oee?machine=press-1&from=${far}&to=2`, "from"],
  [`/shifts?from=${far}&to=2`, "from"],
  [`/shifts?lineId=${far}`, "lineId"],
  [`/audit?from=${far}`, "from"],
  ["/audit?before=9e30", "before"],
  ["/dead-letters?before=9e30", "before"],
];
const writes: readonly (readonly [path: string, body: object, field: string])[] = [
  [job, { machineId: 3_000_000_000 }, "machineId"],
  [job, { machineId: 1, at: 9e15 }, "at"],
  ["/adjustments", { machineId: 3_000_000_000, tagId: 1, value: 1, reason: "too far" }, "machineId"],
  ["/adjustments", { machineId: 1, tagId: 3_000_000_000, value: 1, reason: "too far" }, "tagId"],
  ["/machines/press-1/automation", { on: true, tagId: 3_000_000_000 }, "tagId"],
  ["/rules/3000000000/authority", { authority: 1, reason: "too far" }, "ruleId"],
  [
    "/counters/decide",
    { tagId: 3_000_000_000, at: 1, from: 2, to: 1, decision: "reset", reason: "too far" },
    "tagId",
  ],
  ["/dead-letters/discard", { ids: [9e30], reason: "too far" }, "ids.0"],
  ["/stations", { name: "Hall", machineIds: [3_000_000_000] }, "machineIds.0"],
];

test.each(reads)("%s is refused by its field", async (path, field) => {
  const { status, body } = await everybody.get(path);
  expect([status, body.refusal?.code, body.refusal?.field]).toEqual([400, "invalid", field]);
});

test.each(writes)("POST %s with %o is refused by its field", async (path, body, field) => {
  const answer = await everybody.post(path, body);
  expect([answer.status, answer.body.refusal?.code, answer.body.refusal?.field]).toEqual([
    400,
    "invalid",
    field,
  ]);
});

test("NaN and Infinity are no numbers of JSON, and no value of a proposal", async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "230", null]) {
    const input = { machineId: house.machineId, tagId: 1, value, reason: "parts stick" };
    expect((await everybody.post("/adjustments", input)).body.refusal).toMatchObject({
      code: "invalid",
      field: "value",
    });
  }
});
