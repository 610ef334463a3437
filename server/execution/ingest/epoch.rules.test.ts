import fc from "fast-check";
import { expect, test } from "vitest";
import { epochFromDatabase, epochToDatabase, laneOf } from "./epoch.rules.ts";

test("an epoch comes back from the database as it went", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bits) => {
      const epoch = bits.toString(16).padStart(16, "0");
      const stored = BigInt(epochToDatabase(epoch));
      expect(stored >= -(2n ** 63n) && stored < 2n ** 63n).toBe(true);
      expect(epochFromDatabase(stored)).toBe(epoch);
    }),
  );
});

test("every line has a lane of the 64, and lines that follow each other do not share one", () => {
  const lanes = Array.from({ length: 20 }, (_, i) => laneOf(i + 1));
  expect(lanes.every((lane) => Number.isInteger(lane) && lane >= 0 && lane < 64)).toBe(true);
  expect(new Set(lanes.slice(0, 10)).size).toBe(10);
});
