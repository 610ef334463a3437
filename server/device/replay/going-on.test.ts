import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { RecordingSink } from "../driver-contract.ts";
import { driverFor, DyingSink, history, isOver, numbered, play, recordings, t0 } from "./testing.ts";

const values = (sink: RecordingSink, metric = "m") => sink.said(metric).map(([, value]) => value);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);

test("killed anywhere, it goes on with the next row: nothing is lost and nothing doubled", async () => {
  const folder = recordings(numbered(23_000));
  const sink = new RecordingSink();
  for (const writes of [1, 0, 2]) {
    await new DyingSink(sink, writes).playUntilDeath(driverFor(folder, history));
  }
  await driverFor(folder, history).start(sink, new AbortController().signal);
  await sink.until(() => isOver(sink));
  expect(values(sink)).toEqual(count(23_000));
});

test("killed in the third loop, it goes on in the third loop", async () => {
  const folder = recordings(numbered(3));
  const clock = new ManualClock(t0);
  const sink = new RecordingSink();
  const config = { loops: 4, speed: 10 };
  const tick = (): void => clock.advance(10);
  await new DyingSink(sink, 8).playUntilDeath(driverFor(folder, config, clock), tick);
  await driverFor(folder, config, clock).start(sink, new AbortController().signal);
  await expect.poll(() => (tick(), isOver(sink))).toBe(true);
  expect(values(sink)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  const times = sink.said("m").map(([at]) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("a recording that is over stays over when the edge starts again; rows added to it go on, another run begins anew", async () => {
  const folder = recordings(numbered(3));
  const { sink, driver } = await play(folder, history);
  await sink.until(() => isOver(sink));
  await driver.stop();
  const events = sink.events.length;
  const again = await play(folder, history, { sink });
  await again.driver.stop();
  expect(sink.events).toHaveLength(events);

  appendFileSync(join(folder, "a.csv"), numbered(2, 3).split("\n").slice(1).join("\n"));
  await play(folder, history, { sink });
  await sink.until(() => values(sink).length === 5);
  expect(values(sink)).toEqual([0, 1, 2, 3, 4]);

  await play(folder, { ...history, run: 2 }, { sink });
  await sink.until(() => values(sink).length === 10);
  expect(values(sink).slice(5)).toEqual([0, 1, 2, 3, 4]);
});

test("a full disk is waited for: a recording loses nothing by it, not even a gap", async () => {
  const clock = new ManualClock(t0);
  const sink = new RecordingSink();
  sink.full = true;
  const { driver } = await play(recordings(numbered(12_000)), history, { clock, sink });
  await expect.poll(() => driver.health().errors).toBeGreaterThan(0);
  sink.full = false;
  await expect.poll(() => (clock.advance(2000), isOver(sink))).toBe(true);
  expect(values(sink)).toEqual(count(12_000));
});
