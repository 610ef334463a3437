import type { SampleBlock } from "#server/realtime/protocol.contract.ts";
import { quality } from "#server/device/tag.contract.ts";

export type SampleValue = number | string | boolean | null;

/** The newest value of a tag as this screen knows it. `sourceTime` is ms on the source's clock. */
export interface Sample {
  readonly value: SampleValue;
  readonly sourceTime: number;
  readonly quality: number;
}

/** Runs a callback before the next paint; a test gives its own. */
export type Frame = (callback: () => void) => void;

/**
 * Live values outside React: frames are written here as they come, and whoever shows a changed tag is told at
 * most once per painted frame. Listeners of other tags are not called at all.
 */
export class SampleStore {
  readonly #frame: Frame;
  readonly #samples = new Map<number, Sample>();
  readonly #listeners = new Map<number, Set<() => void>>();
  readonly #dirty = new Set<number>();
  #scheduled = false;
  #seq: number | null = null;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /**
   * Takes a frame in. A snapshot replaces what it names.
   * @returns false when a frame is missing before this one: ask for a snapshot
   */
  apply(block: SampleBlock): boolean {
    const whole = block.full || this.#seq === null || block.seq === this.#seq + 1;
    this.#seq = block.seq;
    for (let i = 0; i < block.tags.length; i++) {
      const tag = block.tags[i];
      if (tag === undefined) continue;
      const sourceTime = block.base + (block.dt[i] ?? 0);
      this.#samples.set(tag, {
        value: block.values[i] ?? null,
        sourceTime,
        quality: block.q[i] ?? quality.bad,
      });
      this.#dirty.add(tag);
    }
    this.#schedule();
    return whole;
  }

  /** A new connection counts its frames from its own start. */
  reconnected(): void {
    this.#seq = null;
  }

  get(tag: number): Sample | undefined {
    return this.#samples.get(tag);
  }

  /** Values a page was rendered with; a live one that is newer stays. */
  seed(tag: number, sample: Sample): void {
    const known = this.#samples.get(tag);
    if (known !== undefined && known.sourceTime >= sample.sourceTime) return;
    this.#samples.set(tag, sample);
    this.#dirty.add(tag);
    this.#schedule();
  }

  subscribe(tag: number, listener: () => void): () => void {
    let listeners = this.#listeners.get(tag);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(tag, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(tag) !== listeners) return;
      // Nobody shows it any more, so no frame will bring it: an old value must not come back as a live one.
      this.#listeners.delete(tag);
      this.#samples.delete(tag);
    };
  }

  #schedule(): void {
    if (this.#scheduled || this.#dirty.size === 0) return;
    this.#scheduled = true;
    this.#frame(() => {
      this.#scheduled = false;
      const told = new Set<() => void>();
      for (const tag of this.#dirty) {
        for (const listener of this.#listeners.get(tag) ?? []) told.add(listener);
      }
      this.#dirty.clear();
      for (const listener of told) listener();
    });
  }
}
