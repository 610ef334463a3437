import type { Db } from "#db/client.ts";
import type { ConsumedReading } from "./consumer.ts";
import { readStored } from "./consumer.queries.ts";
import { type Chunk, type Feed, feedKey, type Stretch, type Wanted } from "./feed.ts";
import type { ReadingBatch } from "./ingest-call.ts";

/** A batch right after its commit. */
export interface CommittedBatch extends ReadingBatch {
  readonly lane: number;
  readonly acked: number;
  /** Every reading of it was stored by this call, so memory says the same as the table. */
  readonly whole: boolean;
}

export interface CommittedListener {
  committed(batch: CommittedBatch): void;
}

/** What the owner of lanes knows of its queues: how far they are, and the newest batches in memory. */
export interface Feeds extends CommittedListener {
  /** Live queues before historical ones, older before newer. */
  list(): readonly Feed[];
  get(key: string): Feed | undefined;
  /** Sets what the database says; memory is only ever ahead of it. */
  learn(feed: Feed): void;
  forget(lane: number): void;
  /** The next readings of a stretch, from memory when they are there, else from the table. */
  read(feed: Feed, stretch: Stretch, wanted: Wanted, most: number): Promise<Chunk>;
  onCommitted(listener: () => void): () => void;
  readonly inMemory: number;
}

/** Readings kept in memory; who is further behind reads the table. */
const maxInMemory = 200_000;
const maxBatches = 4000;
/** Readings looked at in one go, wanted or not. */
const maxScan = 50_000;

export function createFeeds(deps: { db: Db; owns: (lane: number) => boolean; now: () => number }): Feeds {
  const feeds = new Map<string, Feed>();
  const batches = new Map<string, CommittedBatch[]>();
  const oldestFirst: CommittedBatch[] = [];
  const listeners = new Set<() => void>();
  let inMemory = 0;

  function keep(key: string, batch: CommittedBatch): void {
    const list = batches.get(key) ?? [];
    list.push(batch);
    batches.set(key, list);
    oldestFirst.push(batch);
    inMemory += batch.columns.tagIds.length;
    while (inMemory > maxInMemory || oldestFirst.length > maxBatches) {
      const oldest = oldestFirst.shift();
      if (oldest === undefined) return;
      inMemory -= oldest.columns.tagIds.length;
      // The oldest of all is the oldest of its queue.
      const itsKey = feedKey(oldest.streamId, oldest.epoch);
      const rest = batches.get(itsKey);
      rest?.shift();
      if (rest?.length === 0) batches.delete(itsKey);
    }
  }

  function fromMemory(feed: Feed, stretch: Stretch, wanted: Wanted, most: number): Chunk | null {
    const { position, upTo } = stretch;
    const list = batches.get(feed.key) ?? [];
    // From the end: who reads memory is near it.
    let index = list.findLastIndex((batch) => batch.first <= position + 1);
    const head = list[index];
    if (head === undefined || lastOf(head) <= position) return null;
    const readings: ConsumedReading[] = [];
    const { historical } = head;
    let last = position;
    let scanned = 0;
    for (; index < list.length; index++) {
      const batch = list[index] as CommittedBatch;
      if (batch.first > last + 1 || batch.first > upTo || batch.historical !== historical) break;
      if (scanned >= maxScan) break;
      const { tagIds, sourceTs, num, txt, quality } = batch.columns;
      for (let i = last + 1 - batch.first; i < tagIds.length; i++) {
        last = batch.first + i;
        scanned += 1;
        const tagId = tagIds[i] as number;
        if (!wanted.has(tagId)) continue;
        const tag = wanted.get(tagId);
        if (tag === undefined) continue;
        readings.push({
          tagId,
          machineId: tag.machineId,
          meaning: tag.meaning,
          sourceTime: sourceTs[i] as number,
          num: num[i] as number,
          txt: txt[i] ?? null,
          quality: quality[i] as number,
          seq: last,
        });
        if (readings.length >= most) return { last, historical, readings };
      }
    }
    return { last, historical, readings };
  }

  return {
    committed(batch) {
      if (!deps.owns(batch.lane)) return;
      const key = feedKey(batch.streamId, batch.epoch);
      const feed = feeds.get(key);
      if (feed === undefined) {
        const { streamId, lane, epoch, historical, acked } = batch;
        feeds.set(key, { key, streamId, lane, epoch, historical, acked, createdAt: deps.now() });
      } else {
        feed.acked = Math.max(feed.acked, batch.acked);
        feed.historical = batch.historical;
      }
      if (batch.whole) keep(key, batch);
      for (const listener of listeners) listener();
    },
    list: () =>
      [...feeds.values()].toSorted(
        (a, b) => Number(a.historical) - Number(b.historical) || a.createdAt - b.createdAt,
      ),
    get: (key) => feeds.get(key),
    learn(feed) {
      const known = feeds.get(feed.key);
      if (known === undefined) feeds.set(feed.key, { ...feed });
      else known.acked = Math.max(known.acked, feed.acked);
      for (const listener of listeners) listener();
    },
    forget(lane) {
      for (const [key, feed] of feeds) {
        if (feed.lane !== lane) continue;
        feeds.delete(key);
        for (const batch of batches.get(key) ?? []) inMemory -= batch.columns.tagIds.length;
        const gone = new Set(batches.get(key));
        oldestFirst.splice(0, oldestFirst.length, ...oldestFirst.filter((batch) => !gone.has(batch)));
        batches.delete(key);
      }
    },
    async read(feed, stretch, wanted, most) {
      return (
        fromMemory(feed, stretch, wanted, most) ?? (await readStored(deps.db, feed, stretch, wanted, most))
      );
    },
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get inMemory() {
      return inMemory;
    },
  };
}

function lastOf(batch: CommittedBatch): number {
  return batch.first + batch.columns.tagIds.length - 1;
}
