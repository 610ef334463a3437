import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import type { TagRegistry } from "../tags/tag-registry.ts";
import { type CommittedListener, createFeeds } from "./consumer-feed.ts";
import { createConsumerWorker } from "./consumer-worker.ts";
import { committedFeeds, lanesInUse } from "./consumer.queries.ts";
import type { Consumer } from "./consumer.ts";
import { createLaneLeases } from "./lane-leases.ts";
import { createLimiter } from "./limiter.ts";
import { createRangeWorker, type RangeConsumer } from "./range-worker.ts";

export interface ConsumerFigures {
  /** Readings it has not looked at yet; null before its first round. */
  readonly behind: number | null;
  /** How long it has been behind, ms. */
  readonly lagMs: number;
  /** Readings parked since the start. */
  readonly parked: number;
}

export interface LanesFigures {
  readonly owned: readonly number[];
  readonly inMemory: number;
  readonly consumers: Readonly<Record<string, ConsumerFigures>>;
}

export interface Lanes extends Service, CommittedListener {
  figures(): LanesFigures;
  /** Resolves when every consumer has processed what is committed now. */
  caughtUp(): Promise<void>;
}

export interface LanesDeps {
  /** Best a pool of its own, so that consumers never make ingest wait for a connection. */
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tags: TagRegistry;
  readonly consumers: readonly Consumer[];
  readonly ranges?: readonly RangeConsumer[];
  /** Name of this server that lives over restarts; it takes its own lanes back at once. */
  readonly owner?: string;
  readonly leaseMs?: number;
  /** Consumer transactions at once. */
  readonly concurrency?: number;
}

/**
 * Runs the consumers for the lanes this process owns. Whatever is committed reaches each consumer exactly once:
 * from memory right after the commit, else from the table; after a crash from its own cursor on.
 */
export function createLanes(deps: LanesDeps): Lanes {
  const { db, clock, log, tags } = deps;
  const leaseMs = deps.leaseMs ?? 5000;
  const abort = new AbortController();
  const leases = createLaneLeases({
    db,
    clock,
    ttlMs: leaseMs,
    ...(deps.owner === undefined ? {} : { owner: deps.owner }),
  });
  const fenceOf = (lane: number) => leases.fenceOf(lane);
  const feeds = createFeeds({ db, owns: (lane) => fenceOf(lane) !== null, now: () => clock.now() });
  const limiter = createLimiter(deps.concurrency ?? 3);
  const workers = [
    ...deps.consumers.map((consumer) =>
      createConsumerWorker({ db, clock, log, feeds, tags, limiter, fenceOf, consumer }),
    ),
    ...(deps.ranges ?? []).map((consumer) => createRangeWorker({ db, clock, log, feeds, fenceOf, consumer })),
  ];
  let loop: Promise<void> | undefined;

  /** Leases, and what other processes (or this one before its restart) committed. */
  async function look(): Promise<void> {
    const { gained, lost } = await leases.renew(await lanesInUse(db));
    for (const lane of [...gained, ...lost]) feeds.forget(lane);
    if (gained.length + lost.length > 0) {
      log.info({ gained, lost }, "lanes");
      for (const worker of workers) worker.forget();
    }
    for (const feed of await committedFeeds(db, leases.owned())) feeds.learn(feed);
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      await look().catch((error: unknown) => log.warn({ err: error }, "lanes wait for the database"));
      await clock.sleep(Math.min(1000, leaseMs / 4), abort.signal);
    }
  }

  feeds.onCommitted(() => {
    for (const worker of workers) worker.wake();
  });

  return {
    name: "lanes",
    committed: (batch) => feeds.committed(batch),
    async start() {
      await look();
      for (const worker of workers) worker.start();
      loop = run();
    },
    async stop() {
      abort.abort();
      await loop;
      await Promise.all(workers.map((worker) => worker.stop()));
      await leases
        .release()
        .catch((error: unknown) => log.warn({ err: error }, "lanes not released; they expire"));
    },
    figures: () => ({
      owned: leases.owned(),
      inMemory: feeds.inMemory,
      consumers: Object.fromEntries(
        workers.map((worker) => [
          worker.name,
          { behind: worker.behind(), lagMs: worker.lagMs(), parked: worker.parked() },
        ]),
      ),
    }),
    async caughtUp() {
      await look();
      while (!abort.signal.aborted && workers.some((worker) => worker.behind() !== 0)) {
        for (const worker of workers) worker.wake();
        await clock.sleep(10, abort.signal);
      }
    },
  };
}
