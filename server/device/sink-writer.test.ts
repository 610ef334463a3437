import { expect, test } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { DriverEvent, DriverSink, RawReading } from "./driver.contract.ts";
import { SinkWriter } from "./sink-writer.ts";

/** A sink whose writes end when the test says so. */
function aSink() {
  const waiting: { readonly end: () => void; readonly fail: () => void }[] = [];
  const events: DriverEvent[] = [];
  const sink: DriverSink = {
    readings: () =>
      new Promise((resolve, reject) =>
        waiting.push({ end: resolve, fail: () => reject(new Error("the disk is full")) }),
      ),
    event: (event) => {
      events.push(event);
      return Promise.resolve();
    },
  };
  const next = async (how: "end" | "fail"): Promise<void> => {
    waiting.shift()?.[how]();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { writer: new SinkWriter(sink, new ManualClock(9000), silentLogger), events, next };
}
const at = (...times: number[]): RawReading[] =>
  times.map((sourceTime) => ({ metric: "m", sourceTime, value: 1, quality: 0 }));

test("what the disk took leaves no gap", async () => {
  const { writer, events, next } = aSink();
  writer.readings(at(1000));
  await next("end");
  await writer.drained();
  expect([events, writer.errors]).toEqual([[], 0]);
});

test("what it did not take is one gap, from the first of it to the last, told once it takes something again", async () => {
  const { writer, events, next } = aSink();
  for (const times of [[2000, 3000], [1500], [4000]]) writer.readings(at(...times));
  await next("fail");
  await next("fail");
  expect(events).toEqual([]);
  await next("end");
  expect(events).toEqual([
    { kind: "gap", device: "", at: 9000, reason: "the edge could not store them", from: 1500, to: 3000 },
  ]);
  writer.readings(at(5000));
  await next("end");
  expect(events).toHaveLength(1);
});

test("whoever brings more than may wait is asked to wait until there is room", async () => {
  const { writer, next } = aSink();
  let room = 0;
  const waits = async (): Promise<void> => {
    await writer.room();
    room += 1;
  };
  await waits();
  writer.readings(at(...Array.from({ length: 20_000 }, (_, i) => i)));
  await waits();
  writer.readings(at(1));
  const third = waits();
  expect(room).toBe(2);
  await next("end");
  await third;
  expect(room).toBe(3);
});
