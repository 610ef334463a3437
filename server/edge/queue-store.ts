import { rename } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import type { Logger } from "#server/core/log.ts";

/** What the disk says when it takes nothing: full, read-only, broken. It may take something again later. */
export class StoreError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "StoreError";
  }
}

export type StoreOperation =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: string };

/** What of LevelDB the queue stands on; a test has one that loses what was not synced. */
export type Level = Pick<
  ClassicLevel<string, Uint8Array>,
  "open" | "close" | "batch" | "get" | "iterator" | "compactRange"
>;

const leveldb = (location: string): Level =>
  new ClassicLevel<string, Uint8Array>(location, { keyEncoding: "utf8", valueEncoding: "view" });

/** What opening found: `damaged` = something on the disk could not be trusted and was repaired or set aside. */
export type Opened = "sound" | "repaired" | "set_aside";

/**
 * LevelDB as the queue needs it: synced batches, ranges, and an end to LevelDB's habit of refusing everything after
 * one failed write until it is closed and opened again.
 */
export class QueueStore {
  readonly #location: string;
  readonly #log: Logger;
  /** Null while closed: an abstract-level that is made opens itself. */
  #open: Level | null = null;
  readonly #level: (location: string) => Level;

  constructor(location: string, log: Logger, level = leveldb) {
    this.#location = location;
    this.#log = log;
    this.#level = level;
  }

  /**
   * Opens, repairs, or sets the folder aside and begins anew: damage never keeps the edge from starting.
   * @throws StoreError when the disk takes nothing; Error when another process holds the queue.
   */
  async open(): Promise<Opened> {
    const first = await this.#tryOpen();
    if (first === null) return "sound";
    if (codeOf(first) === "LEVEL_LOCKED") {
      throw new Error(`Another edge already uses ${this.#location}.`, { cause: first });
    }
    if (codeOf(first) !== "LEVEL_CORRUPTION") throw new StoreError("The queue cannot be opened.", first);
    this.#log.error({ err: first }, "the queue is damaged; repairing");
    return this.repair();
  }

  /** Closes, lets LevelDB save what it can, and opens again; what cannot be saved is set aside whole. */
  async repair(): Promise<Opened> {
    await this.close();
    try {
      await ClassicLevel.repair(this.#location);
      if ((await this.#tryOpen()) === null) return "repaired";
    } catch (error) {
      this.#log.error({ err: error }, "the queue cannot be repaired");
    }
    await this.close();
    const aside = `${this.#location}.damaged-${crypto.randomUUID().slice(0, 8)}`;
    await rename(this.#location, aside);
    this.#log.error({ aside }, "the queue was set aside; a new one begins");
    const again = await this.#tryOpen();
    if (again !== null) throw new StoreError("The queue cannot be opened.", again);
    return "set_aside";
  }

  /** After a failed write nothing is believed any more: close, open, and prove with a synced write. */
  async reopen(): Promise<Opened> {
    await this.close();
    const opened = await this.open();
    await this.batch([{ type: "put", key: "p|probe", value: new Uint8Array(4096) }]);
    return opened;
  }

  async close(): Promise<void> {
    const db = this.#open;
    this.#open = null;
    try {
      await db?.close();
    } catch (error) {
      this.#log.warn({ err: error }, "closing the queue failed");
    }
  }

  /** One atomic batch; with `sync` it is on the disk when this resolves. @throws StoreError */
  async batch(operations: readonly StoreOperation[], sync = true): Promise<void> {
    try {
      await this.#db.batch([...operations], { sync, keyEncoding: "utf8", valueEncoding: "view" });
    } catch (error) {
      throw new StoreError("The disk did not take a write.", error);
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#db.get(key);
  }

  /** Up to `limit` entries of a range, in order of keys. */
  async entries(
    range: { gte?: string; gt?: string; lt?: string; lte?: string; reverse?: boolean },
    limit: number,
  ): Promise<[string, Uint8Array][]> {
    return this.#db.iterator({ ...range, limit }).all();
  }

  /** Gives the space of deleted records back to the file system. */
  async compact(range: { gte: string; lt: string }): Promise<void> {
    try {
      await this.#db.compactRange(range.gte, range.lt);
    } catch (error) {
      this.#log.warn({ err: error }, "compaction failed");
    }
  }

  get #db(): Level {
    if (this.#open === null) throw new StoreError("The queue is closed.", null);
    return this.#open;
  }

  async #tryOpen(): Promise<unknown> {
    const db = this.#level(this.#location);
    try {
      await db.open();
      this.#open = db;
      return null;
    } catch (error) {
      await db.close().catch(() => undefined);
      return error;
    }
  }
}

/** LevelDB wraps what really happened in "not open". */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const inner = codeOf(error.cause);
  if (inner !== null) return inner;
  return "code" in error && typeof error.code === "string" ? error.code : null;
}

export const isCorruption = (error: unknown): boolean => codeOf(error) === "LEVEL_CORRUPTION";
