import { EventsBuilder, ReadingsBuilder } from "./block-builder.ts";
import type { SourceMark } from "./queue-keys.ts";
import type { EdgeEvent, StreamGap } from "./uplink.contract.ts";

/** A stream's builders; each becomes one block. */
export interface WaitingReadings {
  readonly lane: number;
  readonly historical: boolean;
  readonly builders: ReadingsBuilder[];
}

/** Builders of events of one lane that may wait while the disk takes nothing. */
const maxEventBuilders = 4;
const maxPooled = 128;
/** Builders are 60 kB of columns: used again and again instead of made anew fifty times a second. */
const pool: ReadingsBuilder[] = [];

/** What waits for the next batch, and the promise that it is stored. */
export class Waiting {
  readonly readings = new Map<string, WaitingReadings>();
  readonly events = new Map<number, EventsBuilder[]>();
  readonly #marks = new Map<number, { mark: SourceMark; rest: (() => SourceMark) | null }>();
  /** Resolves when the batch is on the disk. */
  readonly stored: Promise<void>;
  resolve: () => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;
  count = 0;

  constructor() {
    this.stored = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody need wait for it; who does hears of the failure all the same.
    this.stored.catch(() => undefined);
  }

  /** The builder that takes the next reading of a lane. The caller pushes exactly one. */
  builder(lane: number, historical: boolean, fits: (builder: ReadingsBuilder) => boolean): ReadingsBuilder {
    const key = historical ? `${lane}h` : `${lane}`;
    let stream = this.readings.get(key);
    if (stream === undefined) {
      stream = { lane, historical, builders: [] };
      this.readings.set(key, stream);
    }
    let builder = stream.builders.at(-1);
    if (builder === undefined || !fits(builder)) {
      builder = pool.pop() ?? new ReadingsBuilder();
      stream.builders.push(builder);
    }
    this.count++;
    return builder;
  }

  /** False when there is no room for the event. */
  event(lane: number, event: EdgeEvent, now: number): boolean {
    const builders = this.events.get(lane) ?? [];
    this.events.set(lane, builders);
    let builder = builders.at(-1);
    if (builder === undefined || !builder.fits(event)) {
      if (builders.length >= maxEventBuilders) return false;
      builder = new EventsBuilder();
      builders.push(builder);
    }
    builder.push(event, now);
    this.count++;
    return true;
  }

  mark(sourceId: number, mark: SourceMark, rest?: () => SourceMark): void {
    const before = this.#marks.get(sourceId);
    this.#marks.set(sourceId, {
      mark: { ...before?.mark, ...mark },
      rest: rest ?? before?.rest ?? null,
    });
    this.count++;
  }

  /** The marks as they are now. Asked in the turn in which the batch is closed. */
  marked(): Map<number, SourceMark> {
    const all = new Map<number, SourceMark>();
    for (const [id, { mark, rest }] of this.#marks) all.set(id, { ...mark, ...rest?.() });
    return all;
  }

  /** At most so many bytes will the blocks take. */
  get bytes(): number {
    let sum = 0;
    for (const { builders } of this.readings.values()) for (const builder of builders) sum += builder.bytes;
    for (const builders of this.events.values()) for (const builder of builders) sum += builder.bytes;
    return sum;
  }

  /** Takes over the events of a batch that failed, before its own: alarms and gaps are the last to be lost. */
  keepEvents(failed: Waiting): void {
    for (const [lane, builders] of failed.events) {
      const all = [...builders, ...(this.events.get(lane) ?? [])].slice(0, maxEventBuilders);
      this.events.set(lane, all);
      for (const builder of builders) this.count += builder.count;
    }
  }

  /** Gives the columns back for use. Nothing of this batch is read afterwards. */
  release(): void {
    for (const { builders } of this.readings.values()) {
      for (const builder of builders) {
        builder.clear();
        if (pool.length < maxPooled) pool.push(builder);
      }
    }
  }
}

/** The event that tells of a gap in a stream. */
export function gapEvent(gap: StreamGap, at: number): EdgeEvent {
  return { kind: "gap", at, sourceId: null, machineId: null, data: { ...gap } };
}
