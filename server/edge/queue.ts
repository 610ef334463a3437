import type { DeadReason } from "./block.contract.ts";
import { EventsBuilder, ReadingsBuilder } from "./block-builder.ts";
import { NotStored, QueueDisk, type QueueOptions } from "./queue-disk.ts";
import { blockKey, epochKey, type EpochName, type EpochRecord, marksKey, recordKey } from "./queue-keys.ts";
import { cutHead, planRoom } from "./queue-room.ts";
import type { Epoch } from "./queue-state.ts";
import type { StoreOperation } from "./queue-store.ts";
import type { EdgeEvent, StreamGap } from "./uplink.contract.ts";

type Builder = ReadingsBuilder | EventsBuilder;

/** What waits for the next batch. Every builder becomes one block of its stream. */
interface Waiting {
  readonly readings: Map<string, { lane: number; builders: ReadingsBuilder[] }>;
  readonly events: Map<number, EventsBuilder[]>;
  readonly stored: Deferred;
  count: number;
}

/** Acknowledged blocks are marked with the time once in so long, ms; a trim takes so many bytes at a time. */
const markMs = 60_000;
const trimBytes = 1024 * 1024;
/** Builders of events that may wait while the disk takes nothing. */
const maxEventBuilders = 4;

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
  #waiting = newWaiting();
  #writing: Deferred | null = null;
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
   * Puts one reading; it is stored when {@link stored}, asked afterwards, resolves. Times in ms, `num` NaN for text.
   * @throws NotStored when the disk takes nothing or too much waits for it.
   */
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
    this.#mustTake();
    const builder = this.#builder(lane, historical, (b) => b.fits(txt));
    builder.push(tagId, sourceTime, edgeTime, num, txt, quality);
    this.#put();
  }

  /** Puts a reading that must not be stored as such, in its place among the others. @throws NotStored */
  dead(lane: number, edgeTime: number, reason: DeadReason, raw: unknown): void {
    this.#mustTake();
    const json = JSON.stringify(raw);
    this.#builder(lane, false, (b) => b.fitsDead(json)).pushDead(edgeTime, reason, raw, json);
    this.#deadLetters++;
    this.#put();
  }

  /** Puts an event. While the disk takes nothing a bounded number waits in memory. */
  event(lane: number, event: EdgeEvent): void {
    const builders = this.#waiting.events.get(lane) ?? [];
    this.#waiting.events.set(lane, builders);
    let builder = builders.at(-1);
    if (builder === undefined || !builder.fits(event)) {
      if (builders.length >= maxEventBuilders) {
        this.disk.options.log.error({ event }, "an event was lost: no room");
        return;
      }
      builder = new EventsBuilder();
      builders.push(builder);
    }
    builder.push(event, this.disk.options.clock.now());
    if (event.kind === "gap") this.#gaps++;
    this.#put();
  }

  /** Records that a part of a stream will never come. */
  gap(gap: StreamGap): void {
    this.event(gap.stream.lane, gapEvent(gap, this.disk.options.clock.now()));
  }

  /** Resolves when everything put so far is on the disk. @throws NotStored when it is not. */
  async stored(): Promise<void> {
    if (!this.disk.storing) throw new NotStored("The disk takes nothing.");
    if (this.#waiting.count > 0) return this.#waiting.stored.promise;
    await this.#writing?.promise;
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

  /** Housekeeping, every few seconds: acks to the disk, marks of time, blocks older than the replay window out. */
  async tick(): Promise<void> {
    const { disk } = this;
    const now = disk.options.clock.now();
    for (const epoch of disk.state.epochs.values()) {
      this.#mark(epoch, now);
      await this.#trim(epoch, now);
    }
    const dirty = [...disk.state.epochs.values()].filter((epoch) => epoch.dirty);
    await disk.exclusive(() => disk.note(dirty));
  }

  health(): { blocks: number; bytes: number; unacked: number; gaps: number; deadLetters: number } {
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
    await this.#flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.tick();
    await this.disk.close();
  }

  #mustTake(): void {
    if (this.disk.storing && this.#waiting.count < this.#maxWaiting) return;
    if (this.#refused.count === 0) this.#refused.since = this.disk.options.clock.now();
    this.#refused.count++;
    throw new NotStored(this.disk.storing ? "Too much waits for the disk." : "The disk takes nothing.");
  }

  #builder(lane: number, historical: boolean, fits: (b: ReadingsBuilder) => boolean): ReadingsBuilder {
    const key = historical ? `${lane}h` : `${lane}`;
    let stream = this.#waiting.readings.get(key);
    if (stream === undefined) {
      stream = { lane, builders: [] };
      this.#waiting.readings.set(key, stream);
    }
    let builder = stream.builders.at(-1);
    if (builder === undefined || !fits(builder)) {
      builder = new ReadingsBuilder(historical);
      stream.builders.push(builder);
    }
    return builder;
  }

  #put(): void {
    this.#waiting.count++;
    if (this.#waiting.count >= this.#flushAt) {
      if (!this.#kicked) void this.#flush();
      return;
    }
    this.#timer ??= setTimeout(() => void this.#flush(), this.#flushMs);
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
      this.#waiting = newWaiting();
      this.#writing = taken.stored;
      try {
        await this.#write(taken);
        taken.stored.resolve();
        for (const listener of this.#listeners) listener();
      } catch (error) {
        this.#keepEvents(taken);
        taken.stored.reject(error);
      } finally {
        this.#writing = null;
      }
    });
  }

  async #write(taken: Waiting): Promise<void> {
    const { store, state, options } = this.disk;
    const need = bytesOf(taken) + state.total("bytes") - options.capBytes();
    const operations: StoreOperation[] = [];
    const records = new Map<Epoch, EpochRecord>();
    if (need > 0) {
      const room = await planRoom(store, state, need, options.capBytes());
      if (room.freed < need) throw new NotStored("The queue is full and nothing may be dropped.");
      operations.push(...room.operations);
      for (const [epoch, record] of room.records) records.set(epoch, record);
      for (const gap of room.gaps) addGap(taken, gap, options.clock.now());
      this.#gaps += room.gaps.length;
    }
    const cut = (epoch: Epoch, builder: Builder) => {
      const before = records.get(epoch) ?? epoch.record;
      const place = { lane: epoch.name.lane, epoch: epoch.name.epoch, first: before.next };
      const frame = builder.cut(place);
      operations.push({ type: "put", key: blockKey(epoch.name, place.first), value: frame });
      records.set(epoch, {
        ...before,
        next: before.next + builder.count,
        first: before.blocks === 0 ? before.next : before.first,
        blocks: before.blocks + 1,
        bytes: before.bytes + frame.length,
      });
    };
    for (const [lane, builders] of taken.events) {
      for (const builder of builders) cut(state.live("events", lane), builder);
    }
    for (const { lane, builders } of taken.readings.values()) {
      for (const builder of builders) cut(state.live("readings", lane), builder);
    }
    await this.disk.commit({ operations, records });
  }

  /** Events outlive a failed write: alarms and gaps are the last to be lost. */
  #keepEvents(taken: Waiting): void {
    for (const [lane, builders] of taken.events) {
      const later = this.#waiting.events.get(lane) ?? [];
      this.#waiting.events.set(lane, [...builders, ...later].slice(0, maxEventBuilders));
      for (const builder of builders) this.#waiting.count += builder.count;
    }
    if (!this.disk.storing) return;
    this.#timer ??= setTimeout(() => void this.#flush(), 1000);
  }

  #recovered(): void {
    const now = this.disk.options.clock.now();
    if (this.#refused.count > 0) {
      const data = {
        reason: "not_stored",
        readings: this.#refused.count,
        from: this.#refused.since,
        to: now,
      };
      this.#refused = { count: 0, since: 0 };
      this.event(0, { kind: "gap", at: now, sourceId: null, machineId: null, data });
    }
    this.#tellFindings();
    void this.#flush();
  }

  /** What was lost on the disk becomes a gap that the server hears of. */
  #tellFindings(): void {
    const { findings, options } = this.disk;
    for (const { name, from, to } of findings.splice(0)) {
      this.gap({ stream: name, from, to, reason: "queue_damaged" });
      const data = { stream: name, from, to };
      const at = options.clock.now();
      this.event(name.lane, { kind: "queue_damaged", at, sourceId: null, machineId: null, data });
    }
  }

  #mark(epoch: Epoch, now: number): void {
    const last = epoch.marks.at(-1);
    if (last !== undefined && (now - last.at < markMs || last.acked >= epoch.record.acked)) return;
    if (epoch.record.acked === 0) return;
    epoch.marks = [...epoch.marks, { at: now, acked: epoch.record.acked }];
    epoch.dirty = true;
  }

  /** Lets go of blocks acknowledged longer ago than the replay window, and of epochs that are empty then. */
  async #trim(epoch: Epoch, now: number): Promise<void> {
    const { disk } = this;
    const past = epoch.marks.findLast((mark) => mark.at <= now - disk.options.replayMs());
    if (past === undefined) return;
    let more = true;
    while (more) {
      await disk.exclusive(async () => {
        const cut = await cutHead(disk.store, epoch.name, epoch.record, past.acked, trimBytes);
        more = cut.bytes >= trimBytes;
        if (cut.operations.length === 0) return;
        await disk.commit({ operations: cut.operations, records: new Map([[epoch, cut.record]]) });
      });
    }
    epoch.marks = epoch.marks.filter((mark) => mark.at > past.at);
    epoch.headAt = null;
    if (epoch.record.blocks > 0 || disk.state.isLive(epoch) || epoch.record.acked < epoch.record.next - 1)
      return;
    disk.state.remove(epoch);
    const keys = [recordKey(epoch.name), marksKey(epoch.name)];
    const operations = keys.map((key): StoreOperation => ({ type: "del", key }));
    await disk.exclusive(() => disk.commit({ operations, records: new Map() }));
  }
}

/** The event that tells of a gap. */
export function gapEvent(gap: StreamGap, at: number): EdgeEvent {
  return { kind: "gap", at, sourceId: null, machineId: null, data: { ...gap } };
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function deferred(): Deferred {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Nobody need wait for it; who does hears of the failure all the same.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function newWaiting(): Waiting {
  return { readings: new Map(), events: new Map(), stored: deferred(), count: 0 };
}

function bytesOf({ readings, events }: Waiting): number {
  let sum = 0;
  for (const { builders } of readings.values()) for (const builder of builders) sum += builder.bytes;
  for (const builders of events.values()) for (const builder of builders) sum += builder.bytes;
  return sum;
}

function addGap(taken: Waiting, gap: StreamGap, now: number): void {
  const builders = taken.events.get(gap.stream.lane) ?? [];
  taken.events.set(gap.stream.lane, builders);
  const event = gapEvent(gap, now);
  let builder = builders.at(-1);
  if (builder === undefined || !builder.fits(event)) {
    builder = new EventsBuilder();
    builders.push(builder);
  }
  builder.push(event, now);
}
