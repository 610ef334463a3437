import { expect, test } from "vitest";
import { follow, quietTrack, type TrackParameters } from "./track.rules.ts";

const p: TrackParameters = { persist: 2, clearAt: 0.5, clearPersist: 2, coolDownMs: 100 };

function walk(ratios: readonly number[]): (string | null)[] {
  let track = quietTrack;
  return ratios.map((ratio, i) => {
    const next = follow(track, i * 10, ratio, p);
    track = next.track;
    return next.event;
  });
}

test("it opens only when it persists; a value below in between starts the count again", () => {
  expect(walk([1, 0.9, 1, 1])).toEqual([null, null, null, "opened"]);
});

test("it clears only below half of the limit, and only when that persists", () => {
  expect(walk([1, 1, 0.6, 0.6, 0.4, 0.6, 0.4, 0.4])).toEqual([
    null,
    "opened",
    null,
    null,
    null,
    null,
    null,
    "cleared",
  ]);
});

test("while it cools down nothing opens; afterwards what persists opens at once", () => {
  const events = walk([1, 1, 0, 0, ...Array.from({ length: 12 }, () => 2)]);
  expect(events.slice(0, 4)).toEqual([null, "opened", null, "cleared"]);
  // Cleared at 30 ms; the cool-down of 100 ms ends at 130.
  expect(events.indexOf("opened", 4)).toBe(13);
});
