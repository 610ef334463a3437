import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { block, deliver, randomEpoch, send } from "./testing-blocks.ts";
import { startServer, testIngest, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await testIngest("pressure");
});
afterAll(() => ingest.close());

const start = systemClock.now();

test("what does not fit into the budget of unanswered bytes is busy before anybody looks at it", async () => {
  const { db, plant, value, numbersOf } = ingest;
  const tight = await startServer(db, { inFlightBytes: 4000 });
  const { socket } = await tight.edge(plant);
  const epoch = randomEpoch();
  const readings = Array.from({ length: 100 }, (_, i) => value(start + i, i));
  const frames = Array.from({ length: 6 }, (_, i) => block({ epoch, first: 1 + i * 100, readings }));
  const answers = await Promise.all(frames.map((frame) => send(socket, frame)));
  expect(answers[0]).toMatchObject({ result: "acked" });
  expect(answers.filter((answer) => answer.result === "busy").length).toBeGreaterThan(0);
  for (const frame of frames) await deliver(socket, frame);
  expect(await numbersOf({ epoch })).toHaveLength(600);
  expect(tight.gateway.figures().inFlightBytes).toBe(0);
  await tight.close();
});

test("a server that starts again shows the newest stored values at once", async () => {
  const { db, plant } = ingest;
  const { socket } = await ingest.edge();
  const tagId = plant.numbers[1] ?? 0;
  const readings = [
    { tagId, at: start, value: 41 },
    { tagId: plant.text, at: start, value: "idle" },
    { tagId, at: start + 1, value: 42 },
  ];
  await send(socket, block({ epoch: randomEpoch(), first: 1, readings }));
  const again = await startServer(db);
  await expect.poll(() => again.live.latest(tagId)).toEqual({ value: 42, sourceTime: start + 1, quality: 0 });
  expect(again.live.latest(plant.text)?.value).toBe("idle");
  await again.close();
});

test("13.2: with every backend killed again and again, each reading is stored exactly once", async () => {
  const { db, value, numbersOf } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const frames = Array.from({ length: 24 }, (_, i) =>
    block({
      epoch,
      first: 1 + i * 50,
      readings: Array.from({ length: 50 }, (_x, j) => value(start + i, i * 50 + j)),
    }),
  );
  let done = false;
  const killing = (async () => {
    while (!done) {
      await db
        .execute(
          sql`select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and backend_type = 'client backend'`,
        )
        .catch(() => {});
      await systemClock.sleep(150);
    }
  })();
  for (let i = 0; i < frames.length; i += 4) {
    await Promise.all(frames.slice(i, i + 4).map((frame) => deliver(socket, frame)));
  }
  done = true;
  await killing;
  expect(await numbersOf({ epoch })).toEqual(Array.from({ length: 1200 }, (_, i) => i));
}, 60_000);
