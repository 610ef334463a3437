import { expect, test } from "vitest";
import { staleAfterMs } from "./stale.rules.ts";

test.each([
  [100, 5000],
  [1666, 5000],
  [1667, 5001],
  [10_000, 30_000],
])(
  "13.3: heard each %d ms, a value is stale after %d ms: three intervals, and 5 s at least",
  (interval, stale) => {
    expect(staleAfterMs(interval)).toBe(stale);
  },
);
