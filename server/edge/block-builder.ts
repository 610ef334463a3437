import type { BlockHeader, DeadReading, DeadReason } from "./block.contract.ts";
import { noTag } from "./block.contract.ts";
import { encodeEvents, encodeReadings } from "./block.ts";
import { type EdgeEvent, maxBlockBytes } from "./uplink.contract.ts";

/** What a builder needs to know to name its block; the rest of the header it knows itself. */
export interface BlockPlace {
  readonly lane: number;
  readonly epoch: string;
  readonly first: number;
}

const maxCount = 2000;
/** Room for columns, texts and dead letters; a header and the rounding of JSON stay outside. */
const budget = maxBlockBytes - 8 * 1024;

/** Collects readings of one lane into columns until they are cut into a block. Reused; nothing is made per reading. */
export class ReadingsBuilder {
  readonly #tagIds = new Uint32Array(maxCount);
  readonly #sourceTs = new Float64Array(maxCount);
  readonly #edgeTs = new Float64Array(maxCount);
  readonly #num = new Float64Array(maxCount);
  readonly #quality = new Uint8Array(maxCount);
  #txt: (string | null)[] = [];
  #dead: { index: number; reason: DeadReason; raw: unknown }[] = [];
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  /** At most so many bytes will the block take. */
  get bytes(): number {
    return this.#bytes + 512;
  }

  /** False when a reading with this text does not fit any more: cut first. */
  fits(text: string | null): boolean {
    return this.#count < maxCount && this.#bytes + costOf(text) <= budget;
  }

  push(
    tagId: number,
    sourceTime: number,
    edgeTime: number,
    num: number,
    txt: string | null,
    quality: number,
  ): void {
    const i = this.#count++;
    this.#tagIds[i] = tagId;
    this.#sourceTs[i] = sourceTime;
    this.#edgeTs[i] = edgeTime;
    this.#num[i] = num;
    this.#txt.push(txt);
    this.#quality[i] = quality;
    this.#bytes += costOf(txt);
  }

  /** `rawJson` is `raw` as JSON: it is measured, not parsed. */
  fitsDead(rawJson: string): boolean {
    return this.#count < maxCount && this.#bytes + 31 + costOf(rawJson) / 2 <= budget;
  }

  pushDead(edgeTime: number, reason: DeadReason, raw: unknown, rawJson: string): void {
    this.#dead.push({ index: this.#count, reason, raw });
    this.push(noTag, edgeTime, edgeTime, Number.NaN, null, 2);
    this.#bytes += costOf(rawJson) / 2;
  }

  /** What was collected, as one block. */
  cut(place: BlockPlace, historical: boolean): Uint8Array {
    const n = this.#count;
    const header: BlockHeader = {
      v: 1,
      kind: "readings",
      ...place,
      count: n,
      historical,
      edgeTime: this.#edgeTs[0] ?? 0,
    };
    const dead = this.#dead.map(({ index, reason, raw }): DeadReading => ({
      seq: place.first + index,
      reason,
      raw,
    }));
    return encodeReadings(
      header,
      {
        tagIds: this.#tagIds.subarray(0, n),
        sourceTs: this.#sourceTs.subarray(0, n),
        edgeTs: this.#edgeTs.subarray(0, n),
        num: this.#num.subarray(0, n),
        txt: this.#txt,
        quality: this.#quality.subarray(0, n),
      },
      dead,
    );
  }

  clear(): void {
    this.#count = 0;
    this.#bytes = 0;
    this.#txt = [];
    this.#dead = [];
  }
}

/** The same for events: rare, so plain objects. */
export class EventsBuilder {
  readonly #events: EdgeEvent[] = [];
  #edgeTime = 0;
  #bytes = 0;

  get count(): number {
    return this.#events.length;
  }

  get bytes(): number {
    return this.#bytes + 512;
  }

  fits(event: EdgeEvent): boolean {
    return this.#events.length < 500 && this.#bytes + JSON.stringify(event).length * 3 <= budget;
  }

  push(event: EdgeEvent, edgeTime: number): void {
    if (this.#events.length === 0) this.#edgeTime = edgeTime;
    this.#bytes += JSON.stringify(event).length * 3;
    this.#events.push(event);
  }

  cut(place: BlockPlace): Uint8Array {
    const events = this.#events;
    const edgeTime = this.#edgeTime;
    return encodeEvents(
      { v: 1, kind: "events", ...place, count: events.length, historical: false, edgeTime },
      events,
    );
  }
}

/** Upper bound of a reading's bytes: 31 of columns, and a text whose every character JSON escapes as \uXXXX. */
function costOf(text: string | null): number {
  return text === null ? 31 : 31 + 3 + text.length * 6;
}
