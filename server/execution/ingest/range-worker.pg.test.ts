import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import type { RangeConsumer } from "./range-worker.ts";
import { block, deliver, type EdgeClient, randomEpoch } from "./testing-blocks.ts";
import { testIngest, type TestIngest } from "./testing.ts";

/** Lanes change hands while stretches are worked: each is worked once, and nobody stumbles over it. */
let ingest: TestIngest;
let running: Lanes[] = [];
const start = systemClock.now();

beforeAll(async () => {
  ingest = await testIngest("range", {
    lanes: {
      committed: (batch) => {
        for (const lanes of running) lanes.committed(batch);
      },
    },
  });
});
afterAll(async () => {
  for (const lanes of running) await lanes.stop();
  await ingest.close();
});

/** Lanes with one consumer, and what they complain of. */
function server(owner: string, consumer: RangeConsumer, clock: Clock = systemClock) {
  const complaints: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void complaints.push(line) });
  const { tags } = ingest.server;
  const lanes = createLanes({
    db: ingest.db,
    clock,
    log,
    tags,
    consumers: [],
    ranges: [consumer],
    owner,
    leaseMs: 400,
  });
  running.push(lanes);
  return {
    lanes,
    complaints,
    begin: () => lanes.start(new AbortController().signal),
    async end(): Promise<void> {
      running = running.filter((other) => other !== lanes);
      await lanes.stop();
    },
  };
}

/** Stores these numbers of a queue as one block. */
async function store(
  socket: EdgeClient,
  epoch: string,
  [first, last]: readonly [number, number],
  lane = 0,
): Promise<void> {
  const readings = Array.from({ length: last - first + 1 }, (_, i) => ingest.value(start + i, first + i));
  expect(await deliver(socket, block({ epoch, first, readings, lane }))).toEqual({
    result: "acked",
    acked: last,
  });
}

test("a stretch that is in work when another lane comes in is worked once, and the next one follows it", async () => {
  const { socket } = await ingest.edge();
  const [epoch, other] = [randomEpoch(), randomEpoch()];
  const stretches: [string, number, number][] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { lanes, complaints, begin, end } = server("one", {
    name: "slow",
    everyMs: 1,
    async process(context, { first, last }) {
      stretches.push([context.epoch, first, last]);
      await held;
    },
  });
  await store(socket, epoch, [1, 20]);
  await begin();
  await expect.poll(() => stretches).toEqual([[epoch, 1, 20]]);
  await store(socket, other, [1, 5], 1);
  await expect.poll(() => lanes.figures().owned.toSorted()).toEqual([0, 1]);
  await store(socket, epoch, [21, 40]);
  release();
  await lanes.caughtUp();
  await end();
  expect(stretches.filter(([of]) => of === epoch)).toEqual([
    [epoch, 1, 20],
    [epoch, 21, 40],
  ]);
  expect(stretches.filter(([of]) => of === other)).toEqual([[other, 1, 5]]);
  expect(complaints).toEqual([]);
});

test("very many small blocks are worked as one stretch: in its rests a consumer does not fall behind", async () => {
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const stretches: [number, number][] = [];
  for (let seq = 1; seq <= 200; seq++) await store(socket, epoch, [seq, seq]);
  const { lanes, begin, end } = server("resting", {
    name: "resting",
    everyMs: 1,
    async process(context, { first, last }) {
      if (context.epoch === epoch) stretches.push([first, last]);
    },
  });
  await begin();
  await lanes.caughtUp();
  await end();
  expect(stretches).toEqual([[1, 200]]);
});

test("a server that hung, lost its lanes and got them back goes on where the other one ended", async () => {
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const stretches: [string, number, number][] = [];
  const noting = (who: string): RangeConsumer => ({
    name: "shared",
    everyMs: 1,
    async process(context, { first, last }) {
      if (context.epoch === epoch) stretches.push([who, first, last]);
    },
  });
  const { clock, hang, wake } = hangingClock();
  const one = server("one", noting("one"), clock);
  const two = server("two", noting("two"));
  await one.begin();
  await store(socket, epoch, [1, 20]);
  await one.lanes.caughtUp();
  hang();
  await two.begin();
  await expect.poll(() => two.lanes.figures().owned, { timeout: 5000 }).toContain(0);
  await store(socket, epoch, [21, 40]);
  await two.lanes.caughtUp();
  await two.end();
  wake();
  await store(socket, epoch, [41, 60]);
  await expect
    .poll(() => stretches, { timeout: 5000 })
    .toEqual([
      ["one", 1, 20],
      ["two", 21, 40],
      ["one", 41, 60],
    ]);
  await one.end();
  expect([...one.complaints, ...two.complaints]).toEqual([]);
});

/** The clock of a process that may hang: meanwhile none of its sleepers wakes. */
function hangingClock() {
  let awake = Promise.resolve();
  let wake = () => {};
  const clock: Clock = {
    ...systemClock,
    async sleep(ms, signal) {
      await systemClock.sleep(ms, signal);
      await awake;
    },
  };
  return {
    clock,
    hang: (): void => void (awake = new Promise<void>((resolve) => (wake = resolve))),
    wake: () => wake(),
  };
}
