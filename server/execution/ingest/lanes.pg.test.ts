import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { consumerCursor, consumerState, parkedReading } from "#db/schema/execution/consumers.ts";
import { testDb } from "#db/testing.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createTagRegistry, type TagRegistry } from "../tags/tag-registry.ts";
import { createFeeds } from "./consumer-feed.ts";
import { readStored } from "./consumer.queries.ts";
import type { ConsumedReading, Consumer } from "./consumer.ts";
import { laneOf } from "./epoch.rules.ts";
import type { Chunk } from "./feed.ts";
import { streamIdOf } from "./gateway.queries.ts";
import { ingestReadings, type ReadingBatch } from "./ingest-call.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { randomEpoch } from "./testing-blocks.ts";
import { makePlant, type TestPlant } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let tags: TagRegistry;
let streamId: number;
let lane: number;
const signal = new AbortController().signal;
const start = systemClock.now() - 60_000;

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "lanes");
  lane = laneOf(plant.lineId);
  streamId = await streamIdOf(handle.db, plant.edgeId, lane);
  tags = createTagRegistry({ db: handle.db, clock: systemClock, log: silentLogger });
  await tags.refresh();
});
afterAll(() => handle.close());

function batch(epoch: string, first: number, values: readonly number[], historical = false): ReadingBatch {
  return {
    streamId,
    epoch,
    first,
    dead: [],
    historical,
    columns: {
      tagIds: Uint32Array.from(values, (v) => plant.numbers[v % 2] ?? 0),
      sourceTs: Float64Array.from(values, (_, i) => start + first + i),
      edgeTs: Float64Array.from(values, () => start),
      num: Float64Array.from(values),
      txt: values.map(() => null),
      quality: Uint8Array.from(values, () => 0),
    },
  };
}

/** Stores a batch and tells the lanes, as the gateway does. */
async function commit(lanes: Lanes | null, given: ReadingBatch): Promise<void> {
  const answer = await ingestReadings(handle.db, given, systemClock.now());
  lanes?.committed({
    ...given,
    lane,
    acked: answer.seq,
    whole: answer.stored === given.columns.tagIds.length,
  });
}

/** Adds up even numbers and keeps every reading it was given, in its own state. */
function summing(
  name: string,
  seen: ConsumedReading[] = [],
  fail: (r: ConsumedReading) => boolean = () => false,
): Consumer {
  return {
    name,
    wants: (tag) => tag.id === plant.numbers[0],
    async process({ state }, readings) {
      const bad = readings.find((reading) => fail(reading));
      if (bad !== undefined) throw new Error(`cannot take ${bad.num}`);
      const before = state.get<{ sum: number; count: number }>("all") ?? { sum: 0, count: 0 };
      const sum = readings.reduce((total, reading) => total + reading.num, before.sum);
      state.set("all", { sum, count: before.count + readings.length });
      seen.push(...readings);
    },
  };
}

async function stateOf(name: string): Promise<unknown> {
  const [row] = await handle.db.select().from(consumerState).where(eq(consumerState.consumer, name));
  return row?.state;
}

function lanesWith(
  consumers: readonly Consumer[],
  options: Partial<Parameters<typeof createLanes>[0]> = {},
): Lanes {
  return createLanes({
    db: handle.db,
    clock: systemClock,
    log: silentLogger,
    tags,
    consumers,
    owner: "one",
    ...options,
  });
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

test("what was committed before the start and what comes after it reaches the consumer once, and the same", async () => {
  const seen: ConsumedReading[] = [];
  const lanes = lanesWith([summing("both", seen)]);
  const epoch = randomEpoch();
  await commit(null, batch(epoch, 1, upTo(10)));
  await lanes.start(signal);
  await lanes.caughtUp();
  await commit(lanes, batch(epoch, 11, upTo(10)));
  await lanes.caughtUp();
  await lanes.stop();
  const [fromTable, fromMemory] = [seen.slice(0, 5), seen.slice(5)];
  expect(fromMemory.map(({ seq }) => seq)).toEqual([11, 13, 15, 17, 19]);
  expect(fromMemory).toEqual(
    fromTable.map((reading) => ({ ...reading, seq: reading.seq + 10, sourceTime: reading.sourceTime + 10 })),
  );
  expect(await stateOf("both")).toEqual({ sum: 40, count: 10 });
});

test("a crash in the middle of a batch leaves nothing of it; the next start gives the state of an unbroken run", async () => {
  const epoch = randomEpoch();
  let crash = true;
  let crashes = 0;
  const consumer = summing("crashing");
  const fragile: Consumer = {
    ...consumer,
    async process(context, readings) {
      await consumer.process(context, readings);
      // After everything was written, before the commit.
      if (!crash || !readings.some(({ num }) => num >= 50)) return;
      crashes += 1;
      throw new Error("killed");
    },
  };
  const first = lanesWith([fragile]);
  await first.start(signal);
  await commit(first, batch(epoch, 1, upTo(20)));
  await first.caughtUp();
  const before = (await stateOf("crashing")) as { sum: number; count: number };
  await commit(first, batch(epoch, 21, upTo(60)));
  await expect.poll(() => crashes).toBeGreaterThan(0);
  expect(await stateOf("crashing")).toEqual(before);
  await first.stop();
  crash = false;
  const second = lanesWith([fragile]);
  await second.start(signal);
  await second.caughtUp();
  await second.stop();
  const unbroken = lanesWith([summing("unbroken")]);
  await unbroken.start(signal);
  await unbroken.caughtUp();
  await unbroken.stop();
  const state = await stateOf("crashing");
  expect(state).toEqual(await stateOf("unbroken"));
  expect(state).toMatchObject({ count: before.count + 30 });
});

test("a reading that no consumer can take is parked, seen by people, and all others go through", async () => {
  const epoch = randomEpoch();
  const lanes = lanesWith([summing("picky", [], ({ num, seq }) => num === 34 && seq === 35)]);
  await lanes.start(signal);
  await lanes.caughtUp();
  const before = (await stateOf("picky")) as { sum: number; count: number };
  await commit(lanes, batch(epoch, 1, upTo(100)));
  await lanes.caughtUp();
  expect(lanes.figures().consumers["picky"]).toMatchObject({ behind: 0, parked: 1 });
  await lanes.stop();
  expect(await stateOf("picky")).toEqual({ sum: before.sum + 2450 - 34, count: before.count + 49 });
  const parked = await handle.db.select().from(parkedReading).where(eq(parkedReading.consumer, "picky"));
  expect(parked.map(({ epoch: e, seq, tagId }) => [e, seq, tagId])).toEqual([[epoch, 35, plant.numbers[0]]]);
}, 30_000);

test("a historical batch says that it is one", async () => {
  const epoch = randomEpoch();
  const said: [number, boolean][] = [];
  const consumer: Consumer = {
    name: "historian",
    wants: () => true,
    async process({ historical }, readings) {
      for (const { num } of readings) said.push([num, historical]);
    },
  };
  const lanes = lanesWith([consumer]);
  await lanes.start(signal);
  await lanes.caughtUp();
  said.length = 0;
  await commit(lanes, batch(epoch, 1, [7], true));
  await commit(lanes, batch(epoch, 2, [8], false));
  await lanes.caughtUp();
  await lanes.stop();
  expect(said).toEqual([
    [7, true],
    [8, false],
  ]);
});

test("a tag that begins to matter is heard from the next committed reading on, also when both happen at once", async () => {
  const epoch = randomEpoch();
  const [one = 0, two = 0] = plant.numbers;
  const heard: [number, number][] = [];
  let matters = new Set([one]);
  await commit(null, batch(epoch, 1, [100, 101]));
  const consumer: Consumer = {
    name: "watcher",
    async needs() {
      const answer = matters;
      if (matters.has(two)) return answer;
      matters = new Set([one, two]);
      await commit(lanes, batch(epoch, 3, [102, 103]));
      return answer;
    },
    wants: (tag, needed) => needed.has(tag.id),
    async process(_context, readings) {
      for (const { tagId, num, seq } of readings) if (num >= 100) heard.push([tagId, seq]);
    },
  };
  const lanes = lanesWith([consumer]);
  await lanes.start(signal);
  await expect.poll(() => heard.at(-1)).toEqual([two, 4]);
  await lanes.stop();
  expect(heard).toEqual([
    [one, 1],
    [one, 3],
    [two, 4],
  ]);
});

test("what is read of a queue ends where it was committed, in memory and in the table", async () => {
  const epoch = randomEpoch();
  const feeds = createFeeds({ db: handle.db, owns: () => true, now: () => start });
  const all = { has: () => true, get: () => ({ machineId: 1, meaning: "measurement" }) as const };
  const wanted = { ...all, ids: plant.numbers };
  for (const first of [1, 4]) {
    const given = batch(epoch, first, upTo(3));
    await ingestReadings(handle.db, given, systemClock.now());
    feeds.committed({ ...given, lane, acked: first + 2, whole: true });
  }
  const [feed] = feeds.list();
  if (feed === undefined) throw new Error("no queue");
  const numbers = async (from: Promise<Chunk>) => (await from).readings.map((reading) => reading.seq);
  const stretch = { position: 0, upTo: 3 };
  expect(feeds.inMemory).toBe(6);
  expect(await numbers(feeds.read(feed, stretch, wanted, 100))).toEqual([1, 2, 3]);
  expect(await numbers(readStored(handle.db, feed, stretch, wanted, 100))).toEqual([1, 2, 3]);
  expect(await numbers(feeds.read(feed, { position: 3, upTo: 6 }, wanted, 100))).toEqual([4, 5, 6]);
});

test("two servers never both run a lane; when the owner dies the other goes on where it was", async () => {
  const epoch = randomEpoch();
  const seen: Record<string, number> = { a: 0, b: 0 };
  const counting = (who: string): Consumer => ({
    name: "owned",
    wants: (tag) => tag.id === plant.numbers[0],
    async process({ state }, readings) {
      state.set("n", (state.get<number>("n") ?? 0) + readings.length);
      seen[who] = (seen[who] ?? 0) + readings.length;
    },
  });
  const dying = new AbortController();
  const a = lanesWith([counting("a")], { owner: "a", leaseMs: 400, clock: frozenAfter(dying.signal) });
  const b = lanesWith([counting("b")], { owner: "b", leaseMs: 400 });
  await a.start(signal);
  await b.start(signal);
  expect(b.figures().owned).toEqual([]);
  await a.caughtUp();
  const before = seen["a"] ?? 0;
  await commit(a, batch(epoch, 1, upTo(20)));
  await a.caughtUp();
  expect(seen).toEqual({ a: before + 10, b: 0 });
  // The owner hangs: it does not renew any more, nor does it let go.
  dying.abort();
  await commit(b, batch(epoch, 21, upTo(20)));
  await expect.poll(() => b.figures().owned, { timeout: 5000 }).toEqual([lane]);
  await b.caughtUp();
  expect(seen).toEqual({ a: before + 10, b: 10 });
  const rows = await handle.db.select().from(consumerCursor).where(eq(consumerCursor.consumer, "owned"));
  expect(rows.find((row) => row.epoch === epoch)?.seq).toBe(40);
  await b.stop();
});

/** A clock whose sleepers never wake after the signal: a process that was stopped. */
function frozenAfter(frozen: AbortSignal): typeof systemClock {
  return {
    ...systemClock,
    sleep: (ms, stop) =>
      new Promise((resolve) => {
        void systemClock.sleep(ms, stop).then(() => {
          if (!frozen.aborted) resolve();
        });
      }),
  };
}
