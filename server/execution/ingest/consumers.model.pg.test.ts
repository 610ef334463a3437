import { and, eq, like, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDb } from "#db/client.ts";
import { consumerState, parkedReading } from "#db/schema/execution/consumers.ts";
import { testDb } from "#db/testing.ts";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createTagRegistry, type TagRegistry } from "../tags/tag-registry.ts";
import type { Consumer } from "./consumer.ts";
import { laneOf } from "./epoch.rules.ts";
import { streamIdOf } from "./gateway.queries.ts";
import { ingestReadings, type ReadingBatch } from "./ingest-call.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import type { RangeConsumer } from "./range-worker.ts";
import { randomEpoch } from "./testing-blocks.ts";
import { makePlant, type TestPlant } from "./testing.ts";

/**
 * The contract of consumers (design §4.5) as a model: whatever is committed, told in memory or only found in the
 * table, while consumers fail after their writes, servers stop, lose their connections or are overtaken by another
 * while they still believe that a lane is theirs: each wanted reading is in a consumer's state once, in the order of
 * its queue, or it is the one that nobody can take and is parked.
 */
let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let tags: TagRegistry;
let streamId: number;
let lane: number;
let runs = 0;
const start = systemClock.now() - 60_000;
const signal = new AbortController().signal;

/** Pauses are short: what is tested is what comes after which, not how long anybody waits. */
const clockOf = (server: { deaf: boolean }): Clock => ({
  ...systemClock,
  // A deaf server does not look after its leases any more, whose time is not over by its own clock.
  sleep: (ms, stop) => systemClock.sleep(server.deaf && ms >= 1000 ? 3_600_000 : Math.min(ms, 10), stop),
});

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "consumers");
  lane = laneOf(plant.lineId);
  streamId = await streamIdOf(handle.db, plant.edgeId, lane);
  tags = createTagRegistry({ db: handle.db, clock: systemClock, log: silentLogger });
  await tags.refresh();
});
afterAll(() => handle.close());

/** A reading's value says of which queue it is and which number it has. */
const queueSize = 10_000;
const isWanted = (seq: number): boolean => seq % 3 !== 0;
const isPoison = (seq: number): boolean => seq % 29 === 13;

interface Queue {
  /** Among all queues of all runs. */
  readonly nth: number;
  readonly epoch: string;
  acked: number;
  /** Whether each committed block was said to be historical, by number. */
  readonly historical: boolean[];
}

function batch(queue: Queue, length: number, historical: boolean): ReadingBatch {
  const first = queue.acked + 1;
  const seqs = Array.from({ length }, (_, i) => first + i);
  return {
    streamId,
    epoch: queue.epoch,
    first,
    dead: [],
    historical,
    columns: {
      tagIds: Uint32Array.from(seqs, (seq) => plant.numbers[isWanted(seq) ? seq % 2 : 2] ?? 0),
      sourceTs: Float64Array.from(seqs, (seq) => start + seq),
      edgeTs: Float64Array.from(seqs, () => start),
      num: Float64Array.from(seqs, (seq) => queue.nth * queueSize + seq),
      txt: seqs.map(() => null),
      quality: Uint8Array.from(seqs, () => 0),
    },
  };
}

/** What the next batches of the consumer meet, in turn. */
type Trouble = "fails" | "fails after its writes";

/** Servers that run or believe to, and the troubles that wait for their consumers. */
class Servers {
  readonly #running: { lanes: Lanes; db: ReturnType<typeof openDb>; deaf: boolean }[] = [];
  readonly troubles: Trouble[] = [];

  async begin(owner: string): Promise<Lanes> {
    const server = { deaf: false };
    const db = openDb({ url: handle.url, max: 3, name: "consumers" });
    const lanes = createLanes({
      db,
      clock: clockOf(server),
      log: silentLogger,
      tags,
      consumers: [this.#summing()],
      ranges: [adding],
      owner,
    });
    await lanes.start(signal);
    this.#running.push(Object.assign(server, { lanes, db }));
    return lanes;
  }

  /** Another server takes the lanes of all that run, which go on. */
  async overtake(owner: string): Promise<Lanes> {
    for (const server of this.#running) server.deaf = true;
    const lanes = await this.begin(owner);
    await expect
      .poll(async () => {
        if (lanes.figures().owned.length > 0) return true;
        await handle.db.execute(sql`update lane_lease set until = clock_timestamp() - interval '1 s'`);
        return false;
      })
      .toBe(true);
    return lanes;
  }

  committed(given: Parameters<Lanes["committed"]>[0]): void {
    for (const { lanes } of this.#running) lanes.committed(given);
  }

  /** @param how "killed" ends its connections in the middle of whatever they do */
  async end(how: "stopped" | "killed"): Promise<void> {
    const ending = this.#running.splice(0);
    if (how === "killed") await Promise.all(ending.map(({ db }) => db.$client.end({ timeout: 0 })));
    for (const { lanes } of ending) await lanes.stop();
    await Promise.all(ending.map(({ db }) => db.$client.end({ timeout: 1 })));
  }

  /** Writes down, in its state, every value it was given, by queue. */
  #summing(): Consumer {
    return {
      name: "listing",
      wants: (tag) => tag.id === plant.numbers[0] || tag.id === plant.numbers[1],
      process: async ({ state, historical }, readings) => {
        if (readings.some(({ seq }) => isPoison(seq))) throw new Error("nobody can take it");
        const trouble = this.troubles.shift();
        if (trouble === "fails") throw new Error("failed");
        for (const { num } of readings) {
          const key = `${Math.floor(num / queueSize)}`;
          const said = `${num % queueSize}${historical ? "h" : ""}`;
          state.set(key, [...(state.get<string[]>(key) ?? []), said]);
        }
        if (trouble === "fails after its writes") throw new Error("killed before its commit");
      },
    };
  }
}

/** Adds up, stretch by stretch, what the log says was stored. */
const adding: RangeConsumer = {
  name: "adding",
  everyMs: 1,
  async process({ tx, epoch }, { first, last, stored }) {
    const state = { first, last, stored };
    await tx.insert(consumerState).values({ consumer: "adding", key: `${epoch}|${first}`, state });
  },
};

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("commit" as const),
      queue: fc.nat(2),
      length: fc.integer({ min: 1, max: 12 }),
      historical: fc.boolean(),
      told: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("trouble" as const),
      trouble: fc.constantFrom<Trouble[]>("fails", "fails after its writes"),
    }),
  },
  fc.record({
    what: fc.constant("restart" as const),
    how: fc.constantFrom("stopped" as const, "killed" as const),
  }),
  fc.record({ what: fc.constant("overtaken" as const) }),
  fc.record({ what: fc.constant("connections end" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function play(steps: readonly Step[]): Promise<void> {
  const servers = new Servers();
  const queues = [0, 1, 2].map((): Queue => ({
    nth: runs++,
    epoch: randomEpoch(),
    acked: 0,
    historical: [],
  }));
  let owners = 0;
  await servers.overtake("server-0");
  try {
    for (const one of steps) {
      if (one.what === "commit") {
        const queue = queues[one.queue] as Queue;
        const given = batch(queue, one.length, one.historical);
        const { seq, stored } = await ingestReadings(handle.db, given, systemClock.now());
        queue.acked = seq;
        queue.historical.push(...given.columns.txt.map(() => one.historical));
        if (one.told) servers.committed({ ...given, lane, acked: seq, whole: stored === one.length });
      } else if (one.what === "trouble") {
        servers.troubles.push(one.trouble);
      } else if (one.what === "restart") {
        await servers.end(one.how);
        await servers.overtake(`server-${owners}`);
      } else if (one.what === "overtaken") {
        await servers.overtake(`server-${++owners}`);
      } else {
        await handle.db
          .$client`select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%consumers%' and datname = current_database()`;
      }
    }
    await servers.end("stopped");
    servers.troubles.length = 0;
    const last = await servers.overtake("last");
    await last.caughtUp();
  } finally {
    await servers.end("stopped");
  }
  for (const queue of queues) await check(queue);
}

async function check({ nth, epoch, acked, historical }: Queue): Promise<void> {
  const { db } = handle;
  const all = Array.from({ length: acked }, (_, i) => i + 1);
  const [listed] = await db
    .select()
    .from(consumerState)
    .where(and(eq(consumerState.consumer, "listing"), eq(consumerState.key, String(nth))));
  const said = all.filter((seq) => isWanted(seq) && !isPoison(seq));
  expect(listed?.state ?? []).toEqual(said.map((seq) => `${seq}${historical[seq - 1] === true ? "h" : ""}`));
  const parked = await db.select().from(parkedReading).where(eq(parkedReading.epoch, epoch));
  expect(parked.map(({ seq }) => seq)).toEqual(all.filter((seq) => isWanted(seq) && isPoison(seq)));
  const rows = await db
    .select()
    .from(consumerState)
    .where(and(eq(consumerState.consumer, "adding"), like(consumerState.key, `${epoch}|%`)));
  const stretches = rows
    .map(({ state }) => state as { first: number; last: number; stored: number })
    .toSorted((a, b) => a.first - b.first);
  let next = 1;
  for (const { first, last, stored } of stretches) {
    expect([first, stored]).toEqual([next, last - first + 1]);
    next = last + 1;
  }
  expect(next).toBe(acked + 1);
}

test("through failures, restarts, lost connections and two servers at once a consumer counts each reading once", async () => {
  // oxlint-disable-next-line node/no-process-env -- how long somebody lets the models run
  const numRuns = Number(process.env["SOAK_RUNS"] ?? 60);
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), play), { numRuns });
}, 600_000);
