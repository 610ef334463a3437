import type { Clock } from "#server/core/clock.ts";
import type { Value } from "./reflexes.rules.ts";

/** The newest value of a tag as the edge heard it, before any filter. */
export interface LatestValue {
  readonly value: Value | null;
  readonly quality: number;
  /** ms, the source's clock. */
  readonly sourceTime: number;
  /** Monotonic ms when the edge heard it. */
  readonly heardAt: number;
}

/** What the machine gate and read-back look at: the last value of each tag, and when each machine last spoke. */
export class LatestValues {
  readonly #clock: Clock;
  readonly #values = new Map<number, LatestValue>();
  readonly #machines = new Map<number, number>();
  readonly #waiters = new Map<number, Set<(value: LatestValue) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a value unless a newer one is known (source time decides). */
  set(tagId: number, machineId: number, value: Value | null, q: number, sourceTime: number): void {
    const heardAt = this.#clock.monotonic();
    this.#machines.set(machineId, heardAt);
    const known = this.#values.get(tagId);
    if (known !== undefined && known.sourceTime > sourceTime) return;
    const latest = { value, quality: q, sourceTime, heardAt };
    this.#values.set(tagId, latest);
    const waiters = this.#waiters.get(tagId);
    if (waiters === undefined) return;
    this.#waiters.delete(tagId);
    for (const wake of waiters) wake(latest);
  }

  get(tagId: number): LatestValue | null {
    return this.#values.get(tagId) ?? null;
  }

  /** Monotonic ms when a machine last said anything; null = never since the start. */
  machineHeardAt(machineId: number): number | null {
    return this.#machines.get(machineId) ?? null;
  }

  /** The known value, or the next one within `ms`; null = none came. */
  async known(tagId: number, ms: number): Promise<LatestValue | null> {
    const now = this.get(tagId);
    if (now !== null) return now;
    const waiting = new AbortController();
    const next = new Promise<LatestValue>((resolve) => {
      const waiters = this.#waiters.get(tagId) ?? new Set();
      waiters.add(resolve);
      this.#waiters.set(tagId, waiters);
    });
    const late = this.#clock.sleep(ms, waiting.signal).then(() => null);
    const first = await Promise.race([next, late]);
    waiting.abort();
    return first;
  }
}
