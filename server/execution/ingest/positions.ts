import type { Feeds } from "./consumer-feed.ts";

/** How far a worker has come in each queue, by the queue's key. */
export type Positions = Map<string, number>;

/** Committed readings a worker has not looked at yet; null = not known before its first round. */
export function readingsBehind(feeds: Feeds, positions: Positions | null): number | null {
  const all = feeds.list();
  if (positions === null) return all.length === 0 ? 0 : null;
  let readings = 0;
  for (const feed of all) readings += Math.max(0, feed.acked - (positions.get(feed.key) ?? 0));
  return readings;
}

/** Remembers what is committed now. @returns says whether a worker has passed all of it since */
export function markOf(feeds: Feeds, positions: () => Positions | null): () => boolean {
  const there = feeds.list().map(({ key, acked }) => ({ key, acked }));
  return () => {
    const at = positions();
    return there.every(({ key, acked }) => (at?.get(key) ?? 0) >= acked);
  };
}
