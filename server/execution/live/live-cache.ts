import { createInProcessSampleBus, type SampleBus, type Samples } from "./sample-bus.ts";

/** The newest value of a tag. Its age is the reader's clock minus `sourceTime`. */
export interface LiveValue {
  /** null = the source says it has none. */
  readonly value: number | string | boolean | null;
  /** ms since epoch, on the source's clock. */
  readonly sourceTime: number;
  /** 0 good, 1 uncertain, 2 bad, 3 stale. */
  readonly quality: number;
}

export type LiveListener = (changedTagIds: readonly number[], cache: LiveCache) => void;

/** Newest value of every tag, fed on arrival beside the insert. Not a record: what counts is in Postgres. */
export interface LiveCache {
  latest(tagId: number): LiveValue | undefined;
  snapshot(tagIds: Iterable<number>): Map<number, LiveValue>;
  /** Called once per turn of the event loop with the tags that changed in it. Returns how to stop. */
  subscribe(listener: LiveListener): () => void;
  /** Publishes what arrived on the bus; caches take what is not older than what they have. */
  accept(samples: Samples): void;
  /** Which tags exist and how their value reads; samples of other tags are ignored. */
  setTags(tags: Iterable<{ id: number; datatype: "number" | "text" | "boolean" }>): void;
  readonly size: number;
  close(): void;
}

interface Slot {
  readonly boolean: boolean;
  num: number;
  txt: string | null;
  sourceTime: number;
  quality: number;
  dirty: boolean;
}

export function createLiveCache(deps: { bus?: SampleBus } = {}): LiveCache {
  const bus = deps.bus ?? createInProcessSampleBus();
  const slots = new Map<number, Slot>();
  const listeners = new Set<LiveListener>();
  let changed: number[] = [];
  let scheduled: NodeJS.Immediate | undefined;

  function read(slot: Slot): LiveValue {
    const { sourceTime, quality } = slot;
    if (slot.txt !== null) return { value: slot.txt, sourceTime, quality };
    if (Number.isNaN(slot.num)) return { value: null, sourceTime, quality };
    return { value: slot.boolean ? slot.num !== 0 : slot.num, sourceTime, quality };
  }

  function tell(): void {
    scheduled = undefined;
    const ids = changed;
    changed = [];
    for (const id of ids) {
      const slot = slots.get(id);
      if (slot !== undefined) slot.dirty = false;
    }
    for (const listener of listeners) listener(ids, cache);
  }

  function apply(samples: Samples): void {
    const { tagIds, sourceTs, num, txt, quality } = samples;
    for (let i = 0; i < tagIds.length; i++) {
      const id = tagIds[i] as number;
      const slot = slots.get(id);
      const at = sourceTs[i] as number;
      if (slot === undefined || at < slot.sourceTime) continue;
      slot.num = num[i] as number;
      slot.txt = txt[i] ?? null;
      slot.sourceTime = at;
      slot.quality = quality[i] as number;
      if (slot.dirty) continue;
      slot.dirty = true;
      changed.push(id);
    }
    if (changed.length > 0 && scheduled === undefined) scheduled = setImmediate(tell);
  }

  const unsubscribe = bus.subscribe(apply);
  const cache: LiveCache = {
    latest(tagId) {
      const slot = slots.get(tagId);
      return slot === undefined || slot.sourceTime === -Infinity ? undefined : read(slot);
    },
    snapshot(tagIds) {
      const found = new Map<number, LiveValue>();
      for (const id of tagIds) {
        const value = cache.latest(id);
        if (value !== undefined) found.set(id, value);
      }
      return found;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    accept: (samples) => bus.publish(samples),
    setTags(tags) {
      const known = new Set<number>();
      for (const { id, datatype } of tags) {
        known.add(id);
        const boolean = datatype === "boolean";
        if (slots.get(id)?.boolean === boolean) continue;
        slots.set(id, { boolean, num: NaN, txt: null, sourceTime: -Infinity, quality: 2, dirty: false });
      }
      for (const id of slots.keys()) if (!known.has(id)) slots.delete(id);
    },
    get size() {
      return slots.size;
    },
    close() {
      unsubscribe();
      if (scheduled !== undefined) clearImmediate(scheduled);
      listeners.clear();
    },
  };
  return cache;
}
