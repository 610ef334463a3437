import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { blockKey, type EpochRecord, marksKey, rangeOf, recordKey, epochKey } from "./queue-keys.ts";
import { type Epoch, type Finding, loadState, putJson, QueueState } from "./queue-state.ts";
import {
  isCorruption,
  type Level,
  type Opened,
  QueueStore,
  StoreError,
  type StoreOperation,
} from "./queue-store.ts";

/** The reading was not stored and nobody may be told that it was. */
export class NotStored extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "NotStored";
  }
}

export interface QueueOptions {
  readonly location: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Bytes the queue may take now. */
  readonly capBytes: () => number;
  /** How long acknowledged blocks stay for a rewind, ms. */
  readonly replayMs: () => number;
  /** A block is cut after so long or so many readings, whichever comes first. */
  readonly flushMs?: number;
  readonly flushAt?: number;
  /** Readings that may wait for the disk before more are turned away. */
  readonly maxWaiting?: number;
  /** LevelDB where nothing else is said. */
  readonly level?: (location: string) => Level;
}

/** What changes together, in one synced batch. */
export interface Change {
  readonly operations: readonly StoreOperation[];
  readonly records: ReadonlyMap<Epoch, EpochRecord>;
}

const retryMs = 1000;

/**
 * The queue's disk and what is known of it. One change at a time; a change is whole or not at all, on the disk as in
 * memory. When the disk takes nothing (full, I/O error) the queue is degraded: it says so, tries again each second,
 * and undoes whatever the failed write may have left, so that "not stored" stays true.
 */
export class QueueDisk {
  readonly options: QueueOptions;
  readonly store: QueueStore;
  state = new QueueState();
  /** What the last opening found lost; the inlet makes events of it. */
  findings: Finding[] = [];
  /** Called after a degraded time has ended. */
  onRecovered: () => void = () => undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #storing = true;
  #loaded = false;
  readonly #closed = new AbortController();

  private constructor(options: QueueOptions) {
    this.options = options;
    this.store = new QueueStore(options.location, options.log, options.level);
  }

  /**
   * Opens whatever the state of the disk: damage is repaired or set aside, a disk that takes nothing makes it begin
   * degraded. @throws Error only when another process holds it.
   */
  static async open(options: QueueOptions): Promise<QueueDisk> {
    const disk = new QueueDisk(options);
    try {
      await disk.#load(await disk.store.open());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      disk.#degrade(error);
    }
    return disk;
  }

  get storing(): boolean {
    return this.#storing;
  }

  /** Runs one after the other whatever reads and changes the disk together. */
  exclusive<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Writes a change, synced, and only then believes it. Call it inside {@link exclusive}. @throws NotStored */
  async commit({ operations, records }: Change): Promise<void> {
    if (!this.#storing) throw new NotStored("The disk takes nothing.");
    const all = [...operations];
    for (const [epoch, record] of records) {
      all.push(putJson(recordKey(epoch.name), { ...record, acked: epoch.record.acked }));
    }
    if (all.length === 0) return;
    try {
      await this.store.batch(all);
    } catch (error) {
      this.#degrade(error);
      throw new NotStored("The disk did not take a write.", error);
    }
    // An ack may have come while the disk was at work; it knows best.
    for (const [epoch, record] of records) epoch.record = { ...record, acked: epoch.record.acked };
  }

  /** A read that found damage repairs the queue. @throws StoreError when the read failed for another reason. */
  async mended<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isCorruption(error)) throw error;
      await this.mend();
      return await read();
    }
  }

  /** Saves what can be saved and makes gaps of the rest. */
  async mend(): Promise<void> {
    this.options.log.error("the queue is damaged; repairing");
    await this.exclusive(async () => this.#load(await this.store.repair()));
    this.onRecovered();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#turn;
    await this.store.close();
  }

  async #load(opened: Opened): Promise<void> {
    const { state, findings } = await loadState(this.store, opened, this.options.log);
    this.state = state;
    this.findings.push(...findings);
    this.#loaded = true;
  }

  #degrade(error: unknown): void {
    if (!this.#storing) return;
    this.#storing = false;
    this.options.log.error({ err: error }, "the disk takes nothing; readings are not stored");
    void this.exclusive(() => this.#recover());
  }

  async #recover(): Promise<void> {
    const { clock, log } = this.options;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await clock.sleep(retryMs, signal);
      if (signal.aborted) return;
      try {
        const opened = await this.store.reopen();
        if (!this.#loaded || opened !== "sound") await this.#load(opened);
        else await this.#undo();
        this.#storing = true;
        log.info("the disk takes readings again");
        queueMicrotask(() => this.onRecovered());
        return;
      } catch (error) {
        log.warn({ err: error }, "the disk still takes nothing");
      }
    }
  }

  /** Takes away what a failed write may have left beyond what was answered as stored. */
  async #undo(): Promise<void> {
    const operations: StoreOperation[] = [];
    for (const { name, record } of this.state.epochs.values()) {
      const { lt } = rangeOf(`b|${epochKey(name)}`);
      const stray = await this.store.entries({ gte: blockKey(name, record.next), lt }, 1000);
      operations.push(...stray.map(([key]): StoreOperation => ({ type: "del", key })));
      operations.push(putJson(recordKey(name), record));
    }
    if (operations.length > 0) await this.store.batch(operations);
  }

  /** Writes acks and marks of time, unsynced: losing them only resends. */
  async note(epochs: readonly Epoch[]): Promise<void> {
    const operations = epochs.flatMap((epoch) => [
      putJson(recordKey(epoch.name), epoch.record),
      putJson(marksKey(epoch.name), epoch.marks),
    ]);
    if (operations.length === 0 || !this.#storing) return;
    try {
      await this.store.batch(operations, false);
      for (const epoch of epochs) epoch.dirty = false;
    } catch (error) {
      this.#degrade(error);
    }
  }
}
