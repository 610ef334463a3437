import type { DeadReason } from "./block.contract.ts";
import { EventsBuilder } from "./block-builder.ts";
import { NotStored, QueueDisk, type QueueOptions } from "./queue-disk.ts";
import { blockKey, type EpochRecord, sourceKey, type SourceMark } from "./queue-keys.ts";
import { planRoom } from "./queue-room.ts";
import { type Epoch, putJson } from "./queue-state.ts";
import { isCorruption, type StoreOperation } from "./queue-store.ts";
import { trimQueue } from "./queue-trim.ts";
import { gapEvent, Waiting } from "./queue-waiting.ts";
import type { EdgeEvent, StreamGap } from "./uplink.contract.ts";

export interface QueueHealth {
  readonly blocks: number;
  readonly bytes: number;
  /** Readings that the server has not acknowledged. */
  readonly unacked: number;
  readonly gaps: number;
  readonly deadLetters: number;
}

/**
 * The inlet of the edge's durable queue (design §4): readings and events go in, are numbered, cut into blocks and
 * synced in one batch (group commit). They stay until the server has acknowledged them and the replay window has
 * passed; see queue-outlet.ts for the way out.
 */
export class Queue {
  readonly disk: QueueDisk;
  readonly #flushMs: number;
  readonly #flushAt: number;
  readonly #maxWaiting: number;
  readonly #listeners = new Set<() => void>();
  #waiting = new Waiting();
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #kicked = false;
  #refused = { count: 0, since: 0 };
  #gaps = 0;
  #deadLetters = 0;

  private constructor(disk: QueueDisk) {
    this.disk = disk;
    this.#flushMs = disk.options.flushMs ?? 20;
    this.#flushAt = disk.options.flushAt ?? 500;
    this.#maxWaiting = disk.options.maxWaiting ?? 50_000;
    disk.onRecovered = () => this.#recovered();
    this.#tellFindings();
  }

  /** @throws Error only when another process holds the queue; see {@link QueueDisk.open}. */
  static async open(options: QueueOptions): Promise<Queue> {
    return new Queue(await QueueDisk.open(options));
  }

  /** False while the disk takes nothing; then {@link stored} rejects. */
  get storing(): boolean {
    return this.disk.storing;
  }

  /** Runs whenever new blocks lie on the disk. Returns the end of it. */
  onStored(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Asks for room for so many readings, before the first of them is put: a batch goes in whole or not at all.
   * @throws NotStored when the disk takes nothing or too much waits for it.
   */
  admit(count: number): void {
    const { storing, options } = this.disk;
    if (storing && this.#waiting.count + count <= this.#maxWaiting) return;
    if (this.#refused.count === 0) this.#refused.since = options.clock.now();
    this.#refused.count += count;
    throw new NotStored(storing ? "Too much waits for the disk." : "The disk takes nothing.");
  }

  /** Puts one reading; it is stored when {@link stored}, asked afterwards, resolves. Times in ms, `num` NaN for text. */
  reading(
    lane: number,
    historical: boolean,
    tagId: number,
    sourceTime: number,
    edgeTime: number,
    num: number,
    txt: string | null,
    quality: number,
  ): void {
    const builder = this.#waiting.builder(lane, historical, (b) => b.fits(txt));
    builder.push(tagId, sourceTime, edgeTime, num, txt, quality);
    this.#schedule();
  }

  /** Puts a reading that must not be stored as such, in its place among the others. */
  dead(lane: number, edgeTime: number, reason: DeadReason, raw: unknown): void {
    const json = JSON.stringify(raw);
    const builder = this.#waiting.builder(lane, false, (b) => b.fitsDead(json));
    builder.pushDead(edgeTime, reason, raw, json);
    this.#deadLetters++;
    this.#schedule();
  }

  /** Puts an event. While the disk takes nothing a bounded number waits in memory. */
  event(lane: number, event: EdgeEvent): void {
    if (!this.#waiting.event(lane, event, this.disk.options.clock.now())) {
      this.disk.options.log.error({ event }, "an event was lost: no room");
      return;
    }
    if (event.kind === "gap") this.#gaps++;
    this.#schedule();
  }

  /**
   * Notes how far a source has come, in the same write as what was put in the same turn. `rest` is asked when that
   * write is made, once, however often it was noted.
   */
  mark(sourceId: number, mark: SourceMark, rest?: () => SourceMark): void {
    this.#waiting.mark(sourceId, mark, rest);
    this.#schedule();
  }

  /** What {@link mark} noted of a source and the disk has taken. */
  markOf(sourceId: number): SourceMark {
    return this.disk.state.marks.get(sourceId) ?? {};
  }

  /** Records that a part of a stream will never come. */
  gap(gap: StreamGap): void {
    this.event(gap.stream.lane, gapEvent(gap, this.disk.options.clock.now()));
  }

  /** Resolves when everything put so far is on the disk. @throws NotStored when it is not. */
  async stored(): Promise<void> {
    if (!this.disk.storing) throw new NotStored("The disk takes nothing.");
    if (this.#waiting.count > 0) return this.#waiting.stored;
    await this.#writing;
  }

  /** Begins a new live epoch for readings of this lane; what is stored drains as backlog beside it. */
  rotate(lane: number): Promise<void> {
    const { disk } = this;
    return disk.exclusive(async () => {
      if (disk.state.live("readings", lane).record.next === 1) return;
      const next = disk.state.begin("readings", lane);
      await disk.commit({ operations: [], records: new Map([[next, next.record]]) });
    });
  }

  /** Housekeeping, every few seconds. */
  async tick(): Promise<void> {
    await this.disk.mended(() => trimQueue(this.disk));
  }

  health(): QueueHealth {
    const { state } = this.disk;
    return {
      blocks: state.total("blocks"),
      bytes: state.total("bytes"),
      unacked: state.unacked("readings"),
      gaps: this.#gaps,
      deadLetters: this.#deadLetters,
    };
  }

  /** Writes what waits and closes. */
  async close(): Promise<void> {
    // A disk that takes nothing is not waited for.
    if (this.disk.storing) await this.#flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.disk.storing) await this.tick();
    await this.disk.close();
  }

  #schedule(): void {
    if (this.#waiting.count < this.#flushAt) {
      this.#timer ??= setTimeout(() => void this.#flush(), this.#flushMs);
    } else if (!this.#kicked) {
      void this.#flush();
    }
  }

  /** One batch of everything that waits. Never rejects: who asked for `stored` hears of a failure. */
  #flush(): Promise<void> {
    this.#kicked = true;
    return this.disk.exclusive(async () => {
      this.#kicked = false;
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      const taken = this.#waiting;
      if (taken.count === 0) return;
      this.#waiting = new Waiting();
      const marks = taken.marked();
      this.#writing = taken.stored;
      try {
        await this.#write(taken, marks);
        taken.resolve();
      } catch (error) {
        this.#waiting.keepEvents(taken);
        if (isCorruption(error)) void this.disk.mend().catch(() => undefined);
        if (this.disk.storing && this.#waiting.count > 0) this.#schedule();
        taken.reject(error);
      } finally {
        this.#writing = null;
        taken.release();
      }
      for (const listener of this.#listeners) listener();
    });
  }

  /** Blocks, records, and what has to go for them with its gap event: all in one synced batch, or nothing. */
  async #write(taken: Waiting, noted: ReadonlyMap<number, SourceMark>): Promise<void> {
    const { store, state, options } = this.disk;
    const operations: StoreOperation[] = [];
    const records = new Map<Epoch, EpochRecord>();
    const put = (epoch: Epoch, count: number, encode: (first: number) => Uint8Array) => {
      const before = records.get(epoch) ?? epoch.record;
      const frame = encode(before.next);
      operations.push({ type: "put", key: blockKey(epoch.name, before.next), value: frame });
      records.set(epoch, {
        ...before,
        next: before.next + count,
        first: before.blocks === 0 ? before.next : before.first,
        blocks: before.blocks + 1,
        bytes: before.bytes + frame.length,
      });
    };
    const putEvents = (lane: number, builder: EventsBuilder) => {
      const epoch = state.live("events", lane);
      const { epoch: name } = epoch.name;
      put(epoch, builder.count, (first) => builder.cut({ lane, epoch: name, first }));
    };
    const need = taken.bytes + state.total("bytes") - options.capBytes();
    if (need > 0) {
      const room = await planRoom(store, state, need, options.capBytes());
      if (room.freed < need) throw new NotStored("The queue is full and nothing more may be dropped.");
      operations.push(...room.operations);
      for (const [epoch, record] of room.records) records.set(epoch, record);
      for (const gap of room.gaps) {
        const builder = new EventsBuilder();
        builder.push(gapEvent(gap, options.clock.now()), options.clock.now());
        putEvents(gap.stream.lane, builder);
      }
      this.#gaps += room.gaps.length;
    }
    for (const [lane, builders] of taken.events) for (const builder of builders) putEvents(lane, builder);
    for (const { lane, historical, builders } of taken.readings.values()) {
      const epoch = state.live("readings", lane);
      const { epoch: name } = epoch.name;
      for (const builder of builders) {
        put(epoch, builder.count, (first) => builder.cut({ lane, epoch: name, first }, historical));
      }
    }
    const marks = [...noted].map(([id, mark]) => [id, { ...state.marks.get(id), ...mark }] as const);
    for (const [id, mark] of marks) operations.push(putJson(sourceKey(id), mark));
    await this.disk.commit({ operations, records });
    for (const [id, mark] of marks) state.marks.set(id, mark);
  }

  #recovered(): void {
    const now = this.disk.options.clock.now();
    if (this.#refused.count > 0) {
      const { count: readings, since } = this.#refused;
      this.#refused = { count: 0, since: 0 };
      const data = { reason: "not_stored", readings, from: since, to: now };
      this.event(0, { kind: "gap", at: now, sourceId: null, machineId: null, data });
    }
    this.#tellFindings();
    void this.#flush();
  }

  /** What was found lost on the disk becomes a gap that the server hears of. */
  #tellFindings(): void {
    const at = this.disk.options.clock.now();
    for (const { name, from, to } of this.disk.findings.splice(0)) {
      this.gap({ stream: name, from, to, reason: "queue_damaged" });
      const data = { stream: name, from, to };
      this.event(name.lane, { kind: "queue_damaged", at, sourceId: null, machineId: null, data });
    }
  }
}
