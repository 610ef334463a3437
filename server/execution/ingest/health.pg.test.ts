import { afterAll, beforeAll, expect, test } from "vitest";
import { gap, ingestCursor } from "#db/schema/edge/ingest.ts";
import { parkedReading } from "#db/schema/execution/consumers.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { EdgeHealth } from "#server/edge/uplink.contract.ts";
import type { Consumer } from "./consumer.ts";
import { ingestHealth } from "./health.queries.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { block, deliver, randomEpoch } from "./testing-blocks.ts";
import { makePlant, testIngest, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
let lanes: Lanes;

/** Cannot take a 13. */
const superstitious: Consumer = {
  name: "superstitious",
  wants: (tag) => tag.id === ingest.plant.numbers[0],
  process: (_context, readings) =>
    readings.some((one) => one.num === 13) ? Promise.reject(new Error("thirteen")) : Promise.resolve(),
};

beforeAll(async () => {
  // What is committed is told to lanes that begin a moment later, as in the server.
  ingest = await testIngest("well", { lanes: { committed: (batch) => lanes.committed(batch) } });
  await makePlant(ingest.db, "absent");
  const { tags } = ingest.server;
  lanes = createLanes({
    db: ingest.db,
    clock: systemClock,
    log: silentLogger,
    tags,
    consumers: [superstitious],
  });
  await lanes.start(new AbortController().signal);
});
afterAll(async () => {
  await lanes.stop();
  await ingest.close();
});

const health = (now = systemClock.now()) =>
  ingestHealth({ db: ingest.db, gateway: ingest.server.gateway, lanes, now });

test("a plant that has said nothing yet is told apart from one that fell silent", async () => {
  expect(await health()).toMatchObject({
    newestBatchAgeMs: null,
    deadLettersOpen: 0,
    gapsOfLastDay: 0,
    parkedReadings: 0,
    cursors: [],
    edges: {},
    edgesAway: ["edge-absent", "edge-well"],
    gateway: { edges: 0, readings: 0 },
  });
});

test("ingest says who is connected, what was stored, what could not be, and how far each queue has come", async () => {
  const { db, plant } = ingest;
  const { socket } = await ingest.edge();
  const source = {
    id: plant.sourceId,
    connected: true,
    lastMessageAt: null,
    messages: 9,
    errors: 0,
    skewMs: null,
  };
  const counts = { queueBlocks: 4, queueBytes: 4096, unackedReadings: 7, gaps: 1, deadLetters: 2 };
  const said: EdgeHealth = { at: systemClock.now(), version: "1.2.3", ...counts, sources: [source] };
  socket.emit("health", said);
  const [epoch, at] = [randomEpoch(), systemClock.now()];
  const tagId = plant.numbers[0] ?? 0;
  const readings = [1, 2, 13, 4].map((value, i) => ({ tagId, at: at + i, value }));
  readings.push({ tagId: 4_000_000_000, at, value: 5 });
  expect(await deliver(socket, block({ epoch, first: 1, readings }))).toMatchObject({ acked: 5 });
  await lanes.caughtUp();
  const view = await health();
  expect(view.edgesAway).toEqual(["edge-absent"]);
  expect(view.gateway).toMatchObject({ edges: 1, blocks: 1, readings: 5, errors: 0, inFlightBytes: 0 });
  expect(view.deadLettersOpen).toBe(1);
  expect(view.newestBatchAgeMs).toBeGreaterThanOrEqual(0);
  expect(view.newestBatchAgeMs).toBeLessThan(60_000);
  expect(view.cursors).toEqual([
    { stream: expect.any(Number), lane: 0, kind: "readings", acked: 5, historical: false },
  ]);
  await expect.poll(async () => (await health()).edges[plant.edgeId]).toMatchObject({ unackedReadings: 7 });
  await expect.poll(async () => (await health()).parkedReadings).toBe(1);
  expect(await db.select().from(parkedReading)).toMatchObject([{ consumer: "superstitious" }]);
});

test("gaps count for a day, and queues that stood still for an hour are left out", async () => {
  const { db, plant } = ingest;
  const now = systemClock.now();
  const hour = 3_600_000;
  await db.insert(gap).values(
    [1, 23, 25, 48].map((hours) => ({
      edgeId: plant.edgeId,
      reason: "queue_full",
      recordedAt: new Date(now - hours * hour),
    })),
  );
  expect((await health(now)).gapsOfLastDay).toBe(2);
  expect((await health(now + hour / 2)).cursors).toHaveLength(1);
  const later = await health(now + 2 * hour);
  expect(later.cursors).toEqual([]);
  expect(later.newestBatchAgeMs).toBeGreaterThan(hour);
  expect(await db.select().from(ingestCursor)).toHaveLength(1);
});
