/** Newest values on their way to whoever shows them, in columns of equal length. */
export interface Samples {
  readonly tagIds: ArrayLike<number>;
  /** ms since epoch, on the source's clock. */
  readonly sourceTs: ArrayLike<number>;
  /** NaN where the value is text, or where there is none. */
  readonly num: ArrayLike<number>;
  readonly txt: readonly (string | null)[];
  readonly quality: ArrayLike<number>;
}

/**
 * How samples reach the live caches of every server. The owner of a lane publishes; each cache follows. Within
 * one process it is a plain call; NATS or Redis take its place where servers are many. Never Postgres.
 */
export interface SampleBus {
  publish(samples: Samples): void;
  subscribe(listener: (samples: Samples) => void): () => void;
}

export function createInProcessSampleBus(): SampleBus {
  const listeners = new Set<(samples: Samples) => void>();
  return {
    publish(samples) {
      for (const listener of listeners) listener(samples);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
