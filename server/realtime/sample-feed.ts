import type { LiveCache, LiveValue } from "#server/execution/live/live-cache.ts";
import type { Clock } from "#server/core/clock.ts";
import type { SampleBlock } from "./protocol.contract.ts";

/** How one screen takes frames: whether it still has some unsent, and the way to it. */
export interface SampleSink {
  /** Packets that wait because the network or the screen is slow. */
  backlog(): number;
  send(block: SampleBlock): void;
}

export interface SampleFeedCounts {
  frames: number;
  values: number;
  /** Frames that were held back because the screen had not taken the one before. */
  conflated: number;
}

/**
 * Live values for one screen: the first change goes at once, later ones at most `hz` times a second and only
 * the newest of each tag. While the screen lags, nothing is sent and nothing piles up: the changed tags wait as
 * a set of ids, which is as large as the screen's watch and no larger.
 */
export class SampleFeed {
  readonly #live: LiveCache;
  readonly #clock: Clock;
  readonly #sink: SampleSink;
  readonly #counts: SampleFeedCounts;
  readonly #dirty = new Set<number>();
  #tags: ReadonlySet<number> = new Set();
  #intervalMs = 1000;
  #seq = 0;
  #sentAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: { live: LiveCache; clock: Clock; sink: SampleSink; counts: SampleFeedCounts }) {
    this.#live = deps.live;
    this.#clock = deps.clock;
    this.#sink = deps.sink;
    this.#counts = deps.counts;
  }

  get tags(): ReadonlySet<number> {
    return this.#tags;
  }

  /** What this screen shows from now on; begins with a snapshot of all of it. */
  watch(tags: ReadonlySet<number>, hz: number): void {
    this.#tags = tags;
    this.#intervalMs = 1000 / hz;
    this.#dirty.clear();
    this.#send(tags, true);
  }

  /** This tag, which the screen shows, changed; `flush` sends when all of them are named. */
  touch(tagId: number): void {
    this.#dirty.add(tagId);
  }

  flush(): void {
    this.#kick();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty.clear();
    this.#tags = new Set();
  }

  #kick(): void {
    if (this.#dirty.size === 0 || this.#timer !== undefined) return;
    const wait = this.#sentAt + this.#intervalMs - this.#clock.monotonic();
    if (wait <= 0) return this.#tryToSend();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tryToSend();
    }, wait);
    return undefined;
  }

  #tryToSend(): void {
    if (this.#sink.backlog() === 0) {
      this.#send(this.#dirty, false);
      this.#dirty.clear();
      return;
    }
    this.#counts.conflated += 1;
    this.#sentAt = this.#clock.monotonic();
    this.#kick();
  }

  #send(tagIds: Iterable<number>, full: boolean): void {
    const found: [number, LiveValue][] = [];
    for (const id of tagIds) {
      const value = this.#live.latest(id);
      if (value !== undefined) found.push([id, value]);
    }
    this.#sentAt = this.#clock.monotonic();
    if (found.length === 0 && !full) return;
    this.#seq += 1;
    const base = found.reduce((least, [, value]) => Math.min(least, value.sourceTime), Infinity);
    const start = Number.isFinite(base) ? base : 0;
    this.#counts.frames += 1;
    this.#counts.values += found.length;
    this.#sink.send({
      seq: this.#seq,
      full,
      now: this.#clock.now(),
      base: start,
      tags: found.map(([id]) => id),
      dt: found.map(([, value]) => value.sourceTime - start),
      values: found.map(([, value]) => value.value),
      q: found.map(([, value]) => value.quality),
    });
  }
}
