import { expect, test } from "vitest";
import { singleFlight } from "./single-flight.ts";

test("calls under one key that overlap share one run, and the next call runs anew", async () => {
  const flight = singleFlight<number>();
  let runs = 0;
  let land: () => void = () => {};
  const run = () =>
    new Promise<number>((resolve) => {
      runs += 1;
      const mine = runs;
      land = () => resolve(mine);
    });
  const both = [flight("7:press-1", run), flight("7:press-1", run)];
  expect(runs).toBe(1);
  land();
  expect(await Promise.all(both)).toEqual([1, 1]);
  const later = flight("7:press-1", run);
  const other = flight("8:press-1", run);
  expect(runs).toBe(3);
  land();
  expect(await other).toBe(3);
  void later;
});

test("a run that fails is not kept", async () => {
  const flight = singleFlight<number>();
  await expect(flight("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await flight("a", () => Promise.resolve(1))).toBe(1);
});
