import type { Db, Tx } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Feeds } from "./consumer-feed.ts";
import type { Feed } from "./feed.ts";
import { moveCursor } from "./consumer-store.ts";
import { cursorsOfConsumer, type LoggedRange, loggedRange } from "./consumer.queries.ts";
import { markOf, type Positions, readingsBehind } from "./positions.ts";
import { createWorkLoop, type LaneWorker } from "./work-loop.ts";

/** A consumer that works on stretches of the table in SQL instead of readings in memory, e.g. rollups. */
export interface RangeConsumer {
  readonly name: string;
  /** Rounds follow each other at this distance at least, ms; at a longer one when they are long themselves. */
  readonly everyMs: number;
  process(
    context: { tx: Tx; now: number; log: Logger; streamId: number; epoch: string },
    range: LoggedRange & { minTs: number; maxTs: number },
  ): Promise<void>;
  /** Once a round, when nothing is behind. @returns whether there is more of it */
  idle?(context: { tx: Tx; now: number; log: Logger }): Promise<boolean>;
}

export interface RangeWorkerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feeds: Feeds;
  readonly fenceOf: (lane: number) => number | null;
  readonly consumer: RangeConsumer;
}

/** Stored readings in one transaction. */
const maxRange = 400_000;
/** Calls of ingest in one transaction: many small ones are worked together, or it would fall behind in its rests. */
const maxLogRows = 10_000;
/** It rests so many times as long as it worked: ingest goes before, and a bucket that fills is computed less often. */
const restPerWork = 4;
/** And not longer than this, ms: nobody sees a rollup of the finest level sooner. */
const longestPaceMs = 10_000;

export function createRangeWorker(deps: RangeWorkerDeps): LaneWorker {
  const { db, clock, log, feeds, consumer, fenceOf } = deps;
  let positions: Positions | null = null;
  let most = maxRange;
  /** The round left something undone. */
  let behindHand = false;

  async function step(feed: Feed): Promise<boolean> {
    // Kept by this step: lanes that change hands meanwhile make it forget `positions`.
    const at = (positions ??= await cursorsOfConsumer(db, consumer.name));
    const from = at.get(feed.key) ?? 0;
    const fence = fenceOf(feed.lane);
    const upTo = feed.acked;
    if (fence === null || upTo <= from) return false;
    const to = await db.transaction(async (tx) => {
      const range = await loggedRange(tx, feed, { position: from, upTo }, most, maxLogRows);
      const last = range?.last ?? upTo;
      await moveCursor(tx, { consumer: consumer.name, feed, from, to: last, fence });
      if (range !== null && range.minTs !== null && range.maxTs !== null) {
        const { streamId, epoch } = feed;
        const { minTs, maxTs } = range;
        await consumer.process({ tx, now: clock.now(), log, streamId, epoch }, { ...range, minTs, maxTs });
      }
      return last;
    });
    at.set(feed.key, to);
    behindHand ||= to < upTo;
    most = Math.min(maxRange, most * 2);
    return true;
  }

  const loop = createWorkLoop({
    name: consumer.name,
    clock,
    log,
    paceMs: (tookMs) =>
      behindHand ? 0 : Math.max(consumer.everyMs, Math.min(tookMs * restPerWork, longestPaceMs)),
    mark: () => markOf(feeds, () => positions),
    async round(stopped) {
      let any = false;
      behindHand = false;
      for (const feed of feeds.list()) {
        if (stopped()) return false;
        try {
          if (await step(feed)) any = true;
        } catch (error) {
          positions = null;
          // A stretch that takes too long is tried in smaller ones.
          most = Math.max(2000, most >> 1);
          log.warn({ err: error, consumer: consumer.name, feed: feed.key }, "stretch not processed");
          await loop.pause(500);
        }
      }
      const { idle } = consumer;
      if (idle !== undefined && feeds.list().some((feed) => fenceOf(feed.lane) !== null)) {
        if (await db.transaction((tx) => idle({ tx, now: clock.now(), log }))) any = true;
      }
      return any;
    },
  });

  const behind = () => readingsBehind(feeds, positions);

  return {
    ...loop,
    name: consumer.name,
    forget() {
      positions = null;
    },
    behind,
    lagMs: () => (behind() === 0 ? 0 : loop.lagMs()),
    parked: () => 0,
  };
}
