import type { Clock } from "#server/core/clock.ts";
import type { DriverEvent, DriverSink, RawReading, Receipt } from "#server/device/driver.contract.ts";
import { aggregate, close, lateShare, windowOf } from "./aggregate.rules.ts";
import { type Point, release, thin } from "./filter.rules.ts";
import type { Queue } from "./queue.ts";
import type { SkewMeter } from "./skew.ts";
import type { Value } from "./reflexes.rules.ts";
import type { TagBook, TagState } from "./tag-book.ts";
import type { UnknownMetrics } from "./unknown-metrics.ts";
import type { EdgeEvent } from "./uplink.contract.ts";
import { deadRaw, judge, storableText, type Verdict } from "./validate.rules.ts";
import type { LatestValues } from "./values.ts";

export interface NormaliseParts {
  /** The checked clock. */
  readonly clock: Clock;
  readonly queue: Queue;
  readonly book: TagBook;
  readonly values: LatestValues;
  readonly unknown: UnknownMetrics;
  /** Hears of every live value before it goes anywhere else: reflexes must not wait for a disk. */
  readonly onValue: (tagId: number, value: Value | null, quality: number, sourceTime: number) => void;
}

/** As much of an unreadable message as a dead letter shows, bytes. */
const maxUnreadable = 8192;

/**
 * The way of a reading through the edge (design §4): known tag → judged → reflexes → deadband or window → queue. One
 * per source; what it answers as stored is on the disk, also when it waits in a window of a fast tag.
 */
export class Normaliser implements DriverSink {
  readonly #sourceId: number;
  readonly #parts: NormaliseParts;
  readonly #skew: SkewMeter;

  constructor(sourceId: number, parts: NormaliseParts, skew: SkewMeter) {
    this.#sourceId = sourceId;
    this.#parts = parts;
    this.#skew = skew;
  }

  async readings(batch: readonly RawReading[], receipt?: Receipt): Promise<void> {
    const { clock, queue } = this.#parts;
    queue.admit(batch.length);
    const now = clock.now();
    let lastAt = queue.markOf(this.#sourceId).lastAt ?? 0;
    const windows: Promise<void>[] = [];
    for (const reading of batch) {
      const window = this.#take(reading, now);
      if (window !== null) windows.push(window);
      if (reading.sourceTime > lastAt && reading.sourceTime <= now) {
        lastAt = reading.sourceTime;
      }
    }
    queue.mark(this.#sourceId, receipt === undefined ? { lastAt } : { lastAt, receipt });
    try {
      await queue.stored();
      await Promise.all(windows);
    } catch (error) {
      // What was not stored may come again and must not look like a repetition.
      for (const state of this.#parts.book.ofSource(this.#sourceId))
        state.filter = { stored: null, held: null };
      throw error;
    }
  }

  async event(event: DriverEvent): Promise<void> {
    const { queue, book, clock } = this.#parts;
    if (event.kind === "unreadable") {
      const shown = storableText(Buffer.from(event.raw.subarray(0, maxUnreadable)).toString("utf8"));
      const raw = {
        sourceId: this.#sourceId,
        reason: storableText(event.reason),
        bytes: event.raw.length,
        shown,
      };
      queue.admit(1);
      queue.dead(this.#anyLane(), clock.now(), "unreadable", raw);
    } else {
      const machineId = book.machineOfDevice(this.#sourceId, event.device);
      const { at } = event;
      const data = eventData(event, queue.markOf(this.#sourceId).lastAt);
      const lane = machineId === null ? this.#anyLane() : book.laneOf(machineId);
      queue.event(lane, { kind: event.kind, at, sourceId: this.#sourceId, machineId, data });
    }
    await queue.stored();
  }

  lastReceipt(): Promise<Receipt | null> {
    return Promise.resolve(this.#parts.queue.markOf(this.#sourceId).receipt ?? null);
  }

  /** @returns what to wait for beside the queue, when the reading waits in a window. */
  #take(reading: RawReading, now: number): Promise<void> | null {
    const { clock, queue, book, values, unknown, onValue } = this.#parts;
    const state = book.find(this.#sourceId, reading.metric);
    if (state === undefined) {
      unknown.note(this.#sourceId, reading);
      queue.dead(this.#anyLane(), now, "unknown_tag", deadRaw(reading, this.#sourceId, null, now));
      return null;
    }
    const { tag } = state;
    const verdict = judge(reading, tag, now);
    if (verdict.dead !== null) {
      queue.dead(tag.lane, now, verdict.dead, deadRaw(reading, this.#sourceId, tag.id, now));
      return null;
    }
    const { sourceTime } = reading;
    const { num, txt, quality } = verdict;
    if (reading.historical === true) {
      queue.reading(tag.lane, true, tag.id, sourceTime, now, num, txt, quality);
      return null;
    }
    const value = valueOf(state, verdict);
    onValue(tag.id, value, quality, sourceTime);
    values.set(tag.id, tag.machineId, value, quality, sourceTime);
    this.#skew.add(now, sourceTime, clock.monotonic());
    const point = { at: sourceTime, num, txt, quality };
    if (tag.aggregateMs !== null && txt === null) return this.#window(state, point, tag.aggregateMs);
    this.#store(state, point, now);
    return null;
  }

  /** Puts a point of a fast tag into its window; resolves when that window is stored. */
  #window(state: TagState, point: Point, lengthMs: number): Promise<void> | null {
    const step = aggregate(state.aggregate, point, lengthMs);
    const until = windowOf(point.at, lengthMs) + lengthMs;
    state.aggregate = step.state;
    const late = until <= step.state.closedUntil;
    const stored = late
      ? null
      : new Promise<void>((resolve, reject) => {
          state.waiters.push({ until, settle: (done) => void done.then(resolve, reject) });
        });
    this.#given(state, step.out);
    return stored;
  }

  /** Windows that are over by now, and held points whose silence is long enough. Called several times a second. */
  tick(): void {
    const sourceNow = this.#parts.clock.now() - (this.#skew.skewMs ?? 0);
    for (const state of this.#parts.book.ofSource(this.#sourceId)) {
      const { aggregateMs } = state.tag;
      if (aggregateMs !== null) {
        const step = close(state.aggregate, sourceNow - aggregateMs * lateShare, aggregateMs);
        state.aggregate = step.state;
        this.#given(state, step.out);
      }
      if (!state.thinned) continue;
      const step = release(state.tag, state.filter, sourceNow);
      state.filter = step.state;
      for (const point of step.out) this.#put(state, point);
    }
  }

  /** Means (and late points) on their way on; whoever waits for their windows is told when they are stored. */
  #given(state: TagState, points: readonly Point[]): void {
    const now = this.#parts.clock.now();
    for (const point of points) this.#store(state, point, now);
    const { closedUntil } = state.aggregate;
    const done = state.waiters.filter((waiter) => waiter.until <= closedUntil);
    if (done.length === 0) return;
    state.waiters = state.waiters.filter((waiter) => waiter.until > closedUntil);
    const stored = this.#parts.queue.stored();
    for (const waiter of done) waiter.settle(stored);
  }

  #store(state: TagState, point: Point, now: number): void {
    if (!state.thinned) return this.#put(state, point, now);
    const step = thin(state.tag, state.filter, point);
    state.filter = step.state;
    for (const out of step.out) this.#put(state, out, now);
  }

  #put({ tag }: TagState, point: Point, now = this.#parts.clock.now()): void {
    if (!this.#parts.queue.storing) return;
    this.#parts.queue.reading(tag.lane, false, tag.id, point.at, now, point.num, point.txt, point.quality);
  }

  /** Where a source's own letters go: the lane of any of its tags. */
  #anyLane(): number {
    for (const { tag } of this.#parts.book.ofSource(this.#sourceId)) return tag.lane;
    return 0;
  }
}

/** As conditions and the gate see it. */
function valueOf({ tag }: TagState, { num, txt }: Verdict): Value | null {
  if (txt !== null) return tag.datatype === "text" ? txt : Number(txt);
  if (Number.isNaN(num)) return null;
  return tag.datatype === "boolean" ? num === 1 : num;
}

function eventData(
  event: Exclude<DriverEvent, { kind: "unreadable" }>,
  lastAt: number | undefined,
): EdgeEvent["data"] {
  const device = storableText(event.device);
  switch (event.kind) {
    case "birth":
      return { device, count: event.metrics.length, metrics: event.metrics.slice(0, 500).map(storableText) };
    case "death":
      return { device, reason: storableText(event.reason) };
    case "gap":
      return {
        device,
        reason: storableText(event.reason),
        from: event.from ?? lastAt ?? event.at,
        to: event.to ?? event.at,
      };
    default:
      return event satisfies never;
  }
}
