/** What ended: single sessions, all of a person, or all of a station with its devices. */
export interface Ended {
  readonly sessionIds?: readonly string[];
  readonly personId?: string;
  readonly stationId?: string;
}

/** A list of listeners within this process. */
export function createEndings(): {
  listen(listener: (ended: Ended) => void): () => void;
  announce(ended: Ended): void;
} {
  const listeners = new Set<(ended: Ended) => void>();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    announce(ended) {
      for (const listener of listeners) listener(ended);
    },
  };
}
