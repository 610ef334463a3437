import { expect, it } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { LatestValues } from "./values.ts";

it("13.2: a value that is older than the one known does not replace it; one of the same moment does", () => {
  const values = new LatestValues(new ManualClock(0));
  values.set(1, 2, 230, 0, 1000);
  values.set(1, 2, 99, 0, 999);
  expect(values.get(1)).toMatchObject({ value: 230, sourceTime: 1000 });
  values.set(1, 2, 231, 0, 1000);
  expect(values.get(1)).toMatchObject({ value: 231 });
  // The machine was heard all the same.
  expect(values.machineHeardAt(2)).not.toBeNull();
});

it("who waits for a value has the one known at once, else the next", async () => {
  const clock = new ManualClock(0);
  const values = new LatestValues(clock);
  const next = values.known(1, 1000);
  values.set(1, 2, 230, 0, 1000);
  expect(await next).toMatchObject({ value: 230 });
  expect(await values.known(1, 1000)).toMatchObject({ value: 230 });
});
