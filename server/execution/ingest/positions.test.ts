import { expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { createFeeds } from "./consumer-feed.ts";
import { markOf, type Positions, readingsBehind } from "./positions.ts";

/** Nothing here is read from the table. */
const db = {} as Db;
const queue = { streamId: 1, lane: 0, epoch: "e", historical: false, createdAt: 0 };

test("where nobody has sent anything yet all is worked off, before a worker knows its positions", () => {
  const feeds = createFeeds({ db, owns: () => true, now: () => 0 });
  expect(markOf(feeds, () => null)()).toBe(true);
  expect(readingsBehind(feeds, null)).toBe(0);
});

test("what was there at the mark is worked off when every queue is passed, whatever came since", () => {
  const feeds = createFeeds({ db, owns: () => true, now: () => 0 });
  feeds.learn({ ...queue, key: "one", acked: 10 });
  feeds.learn({ ...queue, key: "two", acked: 5 });
  let positions: Positions | null = null;
  const workedOff = markOf(feeds, () => positions);
  feeds.learn({ ...queue, key: "one", acked: 20 });
  feeds.learn({ ...queue, key: "three", acked: 1 });
  expect(workedOff()).toBe(false);
  positions = new Map([["one", 10]]);
  expect(workedOff()).toBe(false);
  positions.set("two", 5);
  expect(workedOff()).toBe(true);
  expect(readingsBehind(feeds, positions)).toBe(11);
  // Lanes changed hands: it has to read again how far it is.
  positions = null;
  expect(workedOff()).toBe(false);
  expect(readingsBehind(feeds, positions)).toBeNull();
});
