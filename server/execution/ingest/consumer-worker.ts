import type { Db } from "#db/client.ts";
import { isTransient } from "#db/errors.ts";
import { parkedReading } from "#db/schema/execution/consumers.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { TagRegistry } from "../tags/tag-registry.ts";
import type { Feeds } from "./consumer-feed.ts";
import type { Chunk, Feed, Wanted } from "./feed.ts";
import { BatchStates, Fenced, moveCursor } from "./consumer-store.ts";
import { cursorsOfConsumer, statesOfConsumer } from "./consumer.queries.ts";
import { type Consumer, nothingNeeded } from "./consumer.ts";
import type { Limiter } from "./limiter.ts";
import { markOf, type Positions, readingsBehind } from "./positions.ts";
import { createWorkLoop, type LaneWorker } from "./work-loop.ts";

export interface ConsumerWorkerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feeds: Feeds;
  readonly tags: TagRegistry;
  readonly limiter: Limiter;
  /** The fence of a lane this process owns, else null. */
  readonly fenceOf: (lane: number) => number | null;
  readonly consumer: Consumer;
  /** Wanted readings in one transaction. */
  readonly maxReadings?: number;
}

/** A batch is tried so often before it is halved. */
const maxAttempts = 3;
/** A cursor that only passed over unwanted readings is saved this often, ms. */
const saveEveryMs = 1000;

/**
 * Runs one consumer over all queues of the owned lanes, one batch at a time: result, state and cursor in one
 * transaction. It only ever waits for itself; ingest does not know of it.
 */
export function createConsumerWorker(deps: ConsumerWorkerDeps): LaneWorker {
  const { db, clock, log, feeds, tags, consumer, fenceOf } = deps;
  const full = deps.maxReadings ?? 5000;
  let most = full;
  let attempts = 0;
  /** Up to here a reading is suspected; until it is found, a failure halves at once. */
  let suspect: { feed: string; last: number } | null = null;
  /** How far it has come, and how far of that is saved. Empty = to be read from the database. */
  let positions: Positions | null = null;
  let saved = new Map<string, number>();
  let states = new Map<string, unknown>();
  let savedAt = clock.monotonic();
  let needed = nothingNeeded;
  let wanted: { version: number; needed: ReadonlySet<number>; of: Wanted } | null = null;
  let parked = 0;

  function wants(): Wanted {
    if (wanted?.version !== tags.version || wanted.needed !== needed) {
      wanted = { version: tags.version, needed, of: wantedBy(consumer, tags, needed) };
    }
    return wanted.of;
  }

  async function recall(): Promise<Map<string, number>> {
    if (positions !== null) return positions;
    saved = await cursorsOfConsumer(db, consumer.name);
    states = await statesOfConsumer(db, consumer.name);
    positions = new Map(saved);
    return positions;
  }

  /**
   * @param upTo what was committed when it was asked which tags matter
   * @returns whether there was anything to do
   */
  async function step(feed: Feed, upTo: number): Promise<boolean> {
    const at = await recall();
    const position = at.get(feed.key) ?? 0;
    const fence = fenceOf(feed.lane);
    if (fence === null || upTo <= position) return false;
    const chunk = await feeds.read(feed, { position, upTo }, wants(), most);
    if (chunk.readings.length > 0) await process(feed, chunk, fence);
    at.set(feed.key, chunk.last);
    return true;
  }

  async function process(feed: Feed, chunk: Chunk, fence: number): Promise<void> {
    const batch = new BatchStates(states);
    const from = saved.get(feed.key) ?? 0;
    const { readings, last: to, historical } = chunk;
    await deps.limiter.run(() =>
      db.transaction(async (tx) => {
        await moveCursor(tx, { consumer: consumer.name, feed, from, to, fence });
        await consumer.process({ tx, now: clock.now(), log, historical, state: batch }, readings);
        await batch.save(tx, consumer.name);
      }),
    );
    batch.applyTo(states);
    saved.set(feed.key, to);
    if (suspect !== null && (suspect.feed !== feed.key || to < suspect.last)) return;
    relax();
  }

  function relax(): void {
    suspect = null;
    attempts = 0;
    most = full;
  }

  async function stepSafely(feed: Feed, upTo: number): Promise<boolean> {
    try {
      return await step(feed, upTo);
    } catch (error) {
      // What the failed batch did to the states it was given must not survive it.
      positions = null;
      if (error instanceof Fenced || isTransient(error)) {
        log.warn({ err: error, consumer: consumer.name }, "consumer waits");
        await loop.pause(500);
        return true;
      }
      attempts += 1;
      log.error({ err: error, consumer: consumer.name, feed: feed.key, attempts }, "consumer failed");
      if (attempts >= maxAttempts) await narrow(feed, upTo, String(error));
      else await loop.pause(100 * 4 ** attempts);
      return true;
    }
  }

  /** Half as many readings next time; a single one that still fails is parked, and seen by people. */
  async function narrow(feed: Feed, upTo: number, error: string): Promise<void> {
    const at = await recall();
    const position = at.get(feed.key) ?? 0;
    const { readings, last } = await feeds.read(feed, { position, upTo }, wants(), most);
    if (readings.length > 1) {
      suspect ??= { feed: feed.key, last };
      most = Math.ceil(readings.length / 2);
      return;
    }
    const [reading] = readings;
    const fence = fenceOf(feed.lane);
    if (reading === undefined || fence === null) return;
    await db.transaction(async (tx) => {
      const from = saved.get(feed.key) ?? 0;
      await moveCursor(tx, { consumer: consumer.name, feed, from, to: reading.seq, fence });
      await tx.insert(parkedReading).values({
        consumer: consumer.name,
        streamId: feed.streamId,
        epoch: feed.epoch,
        seq: reading.seq,
        tagId: reading.tagId,
        error: error.slice(0, 2000),
        at: new Date(clock.now()),
      });
    });
    saved.set(feed.key, reading.seq);
    at.set(feed.key, reading.seq);
    relax();
    parked += 1;
    log.error({ consumer: consumer.name, feed: feed.key, seq: reading.seq }, "reading parked");
  }

  /** Cursors that moved over nothing but unwanted readings, so that a restart does not walk over them again. */
  async function saveIdle(): Promise<void> {
    if (positions === null || clock.monotonic() - savedAt < saveEveryMs) return;
    savedAt = clock.monotonic();
    for (const [key, to] of positions) {
      const feed = feeds.get(key);
      const from = saved.get(key) ?? 0;
      const fence = feed === undefined ? null : fenceOf(feed.lane);
      if (to === from || feed === undefined || fence === null) continue;
      await db.transaction((tx) => moveCursor(tx, { consumer: consumer.name, feed, from, to, fence }));
      saved.set(key, to);
    }
  }

  const behind = () => readingsBehind(feeds, positions);

  const loop = createWorkLoop({
    name: consumer.name,
    clock,
    log,
    mark: () => markOf(feeds, () => positions),
    async round(stopped) {
      let any = false;
      const committed = feeds.list().map((feed) => ({ feed, upTo: feed.acked }));
      needed = (await consumer.needs?.(db, clock.now())) ?? nothingNeeded;
      for (const { feed, upTo } of committed) {
        if (stopped()) return false;
        if (await stepSafely(feed, upTo)) any = true;
      }
      try {
        await saveIdle();
      } catch (error) {
        log.warn({ err: error, consumer: consumer.name }, "cursor not saved");
        positions = null;
      }
      return any;
    },
  });

  return {
    ...loop,
    name: consumer.name,
    forget() {
      positions = null;
    },
    behind,
    lagMs: () => (behind() === 0 ? 0 : loop.lagMs()),
    parked: () => parked,
  };
}

function wantedBy(consumer: Consumer, tags: TagRegistry, needed: ReadonlySet<number>): Wanted {
  const all = tags.all().filter((tag) => consumer.wants(tag, needed));
  const byId = new Map(all.map((tag) => [tag.id, { machineId: tag.machineId, meaning: tag.meaning }]));
  const highest = all.reduce((most, tag) => Math.max(most, tag.id), 0);
  // Asked for every reading that passes; a bit is cheaper than a map.
  const bits = new Uint8Array(highest + 1);
  for (const { id } of all) bits[id] = 1;
  return { has: (id) => bits[id] === 1, get: (id) => byId.get(id), ids: all.map((tag) => tag.id) };
}
