import { afterAll, beforeAll, expect, test } from "vitest";
import { countersConsumer } from "#server/execution/counters/consumer.ts";
import { testLane, type TestMachine, testMachine } from "#server/execution/testing.ts";
import { type TestHouse, testHouse } from "../testing.ts";
import { countersRoutes } from "./counters.ts";

let house: TestHouse;
let machine: TestMachine;
const at = Date.UTC(2026, 10, 22, 8);

beforeAll(async () => {
  house = await testHouse([countersRoutes]);
  machine = await testMachine(house.db, "counter-press");
  await testLane(house.db, [countersConsumer]).hear(machine, [
    { at, what: "good", value: 5000 },
    { at: at + 1000, what: "good", value: 4000 },
  ]);
});
afterAll(() => house.close());

test("a doubtful counter is seen by the office and decided by a supervisor only, once", async () => {
  const quality = await house.signedIn("quality");
  const { status, body } = await quality.get("/counters/doubts");
  expect([status, body.length, body[0].state]).toEqual([200, 1, "open"]);
  const { tagId, from, to } = body[0];
  const input = { tagId, at: at + 1000, from, to, decision: "wrong", reason: "sensor was cleaned" };
  expect((await quality.post("/counters/decide", input)).status).toBe(403);

  const supervisor = await house.signedIn("supervisor");
  expect((await supervisor.post("/counters/decide", { ...input, reason: "" })).status).toBe(400);
  expect((await supervisor.post("/counters/decide", { ...input, decision: "magic" })).status).toBe(400);
  expect((await supervisor.post("/counters/decide", input)).body).toEqual({ counted: 0 });
  expect((await supervisor.get("/counters/doubts")).body).toEqual([]);
  expect((await supervisor.get("/counters/doubts?show=decided")).body).toMatchObject([{ decision: "wrong" }]);
});
