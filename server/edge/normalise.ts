import type { Clock } from "#server/core/clock.ts";
import type { DriverEvent, DriverSink, RawReading, Receipt } from "#server/device/driver.contract.ts";
import { quality } from "#server/device/tag.contract.ts";
import { aggregate, close, lateShare } from "./aggregate.rules.ts";
import { emptyFilter, type Point, release, thin } from "./filter.rules.ts";
import type { SavedWindow, SourceMark } from "./queue-keys.ts";
import type { Queue } from "./queue.ts";
import type { SkewMeter } from "./skew.ts";
import type { Value } from "./reflexes.rules.ts";
import type { TagBook, TagState } from "./tag-book.ts";
import type { UnknownMetrics } from "./unknown-metrics.ts";
import type { EdgeEvent } from "./uplink.contract.ts";
import { anyTime, deadRaw, judge, storableText, usualTimes, type Verdict } from "./validate.rules.ts";
import type { LatestValues } from "./values.ts";
import { closeAll, saveWindow } from "./windows.ts";

export interface NormaliseParts {
  /** The checked clock. */
  readonly clock: Clock;
  /** Whether the clock was compared with the server's since this process began. */
  readonly clockIsChecked: () => boolean;
  readonly queue: Queue;
  readonly book: TagBook;
  readonly values: LatestValues;
  readonly unknown: UnknownMetrics;
  /** Hears of every live value before it goes anywhere else: reflexes must not wait for a disk. */
  readonly onValue: (tagId: number, value: Value | null, quality: number, sourceTime: number) => void;
}

/** Devices of one source whose beginnings of gaps are remembered. */
const maxDevices = 1000;
/** As much of an unreadable message as a dead letter shows, bytes. */
const maxUnreadable = 8192;

/**
 * The way of a reading through the edge (design §4): known tag → judged → reflexes → deadband or window → queue. One
 * per source; what it answers as stored is on the disk, also while it waits in a window of a fast tag.
 */
export class Normaliser implements DriverSink {
  readonly #sourceId: number;
  readonly #parts: NormaliseParts;
  readonly #skew: SkewMeter;
  /** Up to when each device was heard; what the disk has of it is in the source's mark. */
  #heard: Map<string, number>;

  constructor(sourceId: number, parts: NormaliseParts, skew: SkewMeter) {
    this.#sourceId = sourceId;
    this.#parts = parts;
    this.#skew = skew;
    this.#heard = this.#heardOnDisk();
  }

  async readings(batch: readonly RawReading[], receipt?: Receipt): Promise<void> {
    const { clock, queue, book } = this.#parts;
    queue.admit(batch.length);
    const now = clock.now();
    for (const reading of batch) {
      this.#take(reading, now);
      this.#hear(reading, now);
    }
    queue.mark(this.#sourceId, receipt === undefined ? {} : { receipt }, this.#sofar);
    try {
      await queue.stored();
    } catch (error) {
      // What was not stored may come again and must not look like a repetition.
      for (const state of book.ofSource(this.#sourceId)) state.filter = emptyFilter;
      this.#heard = this.#heardOnDisk();
      throw error;
    }
  }

  #heardOnDisk(): Map<string, number> {
    return new Map(Object.entries(this.#parts.queue.markOf(this.#sourceId).heard ?? {}));
  }

  /**
   * Up to when a device was heard says where a gap begins. A stale mark is the driver's own word and a reading from a
   * device's store is old news: neither proves that nothing was lost before it. One device says nothing of another.
   */
  #hear({ metric, sourceTime, quality: q, historical }: RawReading, now: number): void {
    if (historical === true || q === quality.stale || sourceTime > now) return;
    const device = deviceOf(metric);
    const before = this.#heard.get(device);
    if (before === undefined && this.#heard.size >= maxDevices) return;
    if (before === undefined || sourceTime > before) this.#heard.set(device, sourceTime);
  }

  async event(event: DriverEvent): Promise<void> {
    const { queue, clock } = this.#parts;
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
      for (const one of this.#ofEachDevice(event)) this.#tell(one);
    }
    await queue.stored();
  }

  /** A gap of the whole source whose beginning only we know begins for each of its devices at another time. */
  #ofEachDevice(event: OfDevice): OfDevice[] {
    if (event.kind !== "gap" || event.device !== "" || event.from !== undefined) return [event];
    const devices = [...this.#heard.keys()];
    return devices.length === 0 ? [event] : devices.map((device) => ({ ...event, device }));
  }

  #tell(event: OfDevice): void {
    const { queue, book } = this.#parts;
    const machineId = book.machineOfDevice(this.#sourceId, event.device);
    const { kind, at } = event;
    const data = eventData(event, this.#heard.get(event.device));
    const lane = machineId === null ? this.#anyLane() : book.laneOf(machineId);
    queue.event(lane, { kind, at, sourceId: this.#sourceId, machineId, data });
  }

  lastReceipt(): Promise<Receipt | null> {
    return Promise.resolve(this.#parts.queue.markOf(this.#sourceId).receipt ?? null);
  }

  #take(reading: RawReading, now: number): void {
    const { clock, queue, book, values, unknown, onValue } = this.#parts;
    const state = book.find(this.#sourceId, reading.metric);
    if (state === undefined) {
      unknown.note(this.#sourceId, reading);
      return queue.dead(this.#anyLane(), now, "unknown_tag", deadRaw(reading, this.#sourceId, null, now));
    }
    const { tag } = state;
    const verdict = judge(reading, tag, now, this.#parts.clockIsChecked() ? usualTimes : anyTime);
    if (verdict.dead !== null) {
      return queue.dead(tag.lane, now, verdict.dead, deadRaw(reading, this.#sourceId, tag.id, now));
    }
    const { sourceTime } = reading;
    const { num, txt } = verdict;
    state.sourceUnit = reading.unit;
    if (reading.historical !== true && verdict.quality !== quality.stale)
      this.#skew.add(now, sourceTime, clock.monotonic());
    // The source's own time is kept as it said it; that it cannot be trusted is said beside it.
    const q = this.#skew.isUncertain ? Math.max(verdict.quality, quality.uncertain) : verdict.quality;
    if (reading.historical === true) {
      return queue.reading(tag.lane, true, tag.id, sourceTime, now, num, txt, q);
    }
    const value = valueOf(state, verdict);
    onValue(tag.id, value, q, sourceTime);
    values.set(tag.id, tag.machineId, value, q, sourceTime);
    const point = { at: sourceTime, num, txt, quality: q };
    if (tag.aggregateMs === null || txt !== null) return this.#store(state, point, now);
    const step = aggregate(state.aggregate, point, tag.aggregateMs);
    state.aggregate = step.state;
    for (const mean of step.out) this.#store(state, mean, now);
  }

  /** Windows that are over by now, and held points whose silence is long enough. Called several times a second. */
  tick(): void {
    const { queue, book, clock } = this.#parts;
    if (!queue.storing) return;
    const now = clock.now();
    const sourceNow = now - (this.#skew.skewMs ?? 0);
    let closed = false;
    for (const state of book.ofSource(this.#sourceId)) {
      const { aggregateMs } = state.tag;
      if (aggregateMs !== null && (state.aggregate.points.length > 0 || !state.aggregate.held)) {
        const step = close(state.aggregate, sourceNow - aggregateMs * lateShare, aggregateMs);
        state.aggregate = step.state;
        for (const mean of step.out) this.#store(state, mean, now);
        closed ||= step.out.length > 0;
      }
      if (!state.thinned) continue;
      const step = release(state.tag, state.filter, sourceNow);
      state.filter = step.state;
      for (const point of step.out) this.#put(state, point, now);
    }
    if (closed) queue.mark(this.#sourceId, {}, this.#sofar);
  }

  /** A tag that is gone or counts otherwise from now on: what waits in its windows is given out. */
  end(state: TagState): void {
    const now = this.#parts.clock.now();
    const { aggregateMs } = state.tag;
    if (aggregateMs === null) return;
    for (const mean of closeAll(state.aggregate, aggregateMs)) this.#put(state, mean, now);
    this.#parts.queue.mark(this.#sourceId, {}, this.#sofar);
  }

  /** Who was heard until when, and the open windows, for the disk: asked once a write. */
  readonly #sofar = (): Pick<SourceMark, "heard" | "windows"> => {
    const windows: SavedWindow[] = [];
    for (const { tag, aggregate } of this.#parts.book.ofSource(this.#sourceId)) {
      if (tag.aggregateMs === null) continue;
      const saved = saveWindow(tag.id, tag.aggregateMs, aggregate);
      if (saved !== null) windows.push(saved);
    }
    return { heard: Object.fromEntries(this.#heard), windows };
  };

  #store(state: TagState, point: Point, now: number): void {
    if (!state.thinned) return this.#put(state, point, now);
    const step = thin(state.tag, state.filter, point);
    state.filter = step.state;
    for (const out of step.out) this.#put(state, out, now);
  }

  #put({ tag }: TagState, point: Point, now: number): void {
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

type OfDevice = Exclude<DriverEvent, { kind: "unreadable" }>;

/** The device within `<device>/<metric>`; "" where there is none. */
function deviceOf(metric: string): string {
  return metric.slice(0, Math.max(0, metric.indexOf("/")));
}

function eventData(event: OfDevice, heard: number | undefined): EdgeEvent["data"] {
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
        from: event.from ?? heard ?? event.at,
        to: event.to ?? event.at,
      };
    default:
      return event satisfies never;
  }
}
