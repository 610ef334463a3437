import type { Db, Tx } from "#db/client.ts";
import type { Logger } from "#server/core/log.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";

/** One stored reading as a consumer sees it. Booleans are `num` 0/1. */
export interface ConsumedReading {
  readonly tagId: number;
  readonly machineId: number;
  readonly meaning: TagMeaning;
  /** ms since epoch, on the source's clock. */
  readonly sourceTime: number;
  /** NaN where the value is text, or where the source said it has none. */
  readonly num: number;
  readonly txt: string | null;
  /** See `quality` in server/device/tag.contract.ts: 0 good … 3 stale. */
  readonly quality: number;
  readonly seq: number;
}

/** A consumer's own memory, kept between batches and over restarts. Values must survive JSON. */
export interface ConsumerStates {
  get<T>(key: string): T | undefined;
  /** Saved with the cursor, in the transaction of this batch. `undefined` removes the key. */
  set(key: string, value: unknown): void;
}

export interface ConsumerContext {
  readonly tx: Tx;
  /** Wall-clock ms, read once per batch. */
  readonly now: number;
  readonly log: Logger;
  /** The batch is a backlog or a flushed store: no live alarm and no fact for screens may follow from it. */
  readonly historical: boolean;
  readonly state: ConsumerStates;
}

/** The part of a tag by which a consumer says whether it wants its readings. */
export interface ConsumedTag {
  readonly id: number;
  readonly machineId: number;
  readonly meaning: TagMeaning;
  readonly metric: string;
}

/**
 * Something derived from readings: machine state, counters, detectors. It is run once per batch of committed
 * readings of one stream, in order of their sequence, in a transaction that also saves its state and its
 * cursor; after a crash it goes on exactly where that transaction ended. A batch that throws is rolled back and
 * tried again; one that keeps failing is halved until the single bad reading is parked.
 */
export interface Consumer {
  readonly name: string;
  /**
   * Tags that matter to it right now, e.g. those of enabled rules; the same object as long as they are the same. Asked
   * before each round, and every reading committed after the question is judged by a later answer. Readings of other
   * tags are passed over and not seen again.
   */
  needs?(db: Db, now: number): Promise<ReadonlySet<number>>;
  /** @param needed the last answer of `needs`; empty where a consumer has none */
  wants(tag: ConsumedTag, needed: ReadonlySet<number>): boolean;
  process(context: ConsumerContext, readings: readonly ConsumedReading[]): Promise<void>;
}

export const nothingNeeded: ReadonlySet<number> = new Set();

/** Keeps the set that was known while a new answer says the same, so that who compares objects sees no change. */
export function sameTags(known: ReadonlySet<number>, now: Iterable<number>): ReadonlySet<number> {
  const next = new Set(now);
  return next.size === known.size && [...next].every((id) => known.has(id)) ? known : next;
}
