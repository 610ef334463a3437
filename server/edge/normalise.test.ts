import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import type { RawReading } from "#server/device/driver.contract.ts";
import { decodeBlock } from "./block.ts";
import type { EdgeDocument } from "./document.contract.ts";
import { Normaliser } from "./normalise.ts";
import type { QueueOutlet } from "./queue-outlet.ts";
import type { Queue } from "./queue.ts";
import { SkewMeter } from "./skew.ts";
import { TagBook } from "./tag-book.ts";
import { aDocument, aTag } from "./testing/documents.ts";
import { openQueue, tempFolder } from "./testing/queues.ts";
import { UnknownMetrics } from "./unknown-metrics.ts";
import type { EdgeEvent } from "./uplink.contract.ts";
import { LatestValues } from "./values.ts";

const noon = 1_790_000_000_000;
const fast = aTag({
  id: 21,
  metric: "press-2/InjectionPressure",
  unit: "bar",
  aggregateMs: 1000,
  high: 3000,
});
const document = aDocument({ tags: [...aDocument().tags, fast] });

const melt = (value: RawReading["value"], ms: number, change: Partial<RawReading> = {}): RawReading => ({
  metric: "press-2/MeltTemperature",
  sourceTime: noon + ms,
  value,
  quality: 0,
  ...change,
});
const pressure = (value: number, ms: number) => melt(value, ms, { metric: "press-2/InjectionPressure" });

/** Source 1 of the document, over a real queue. */
async function source(location = join(tempFolder("normalise"), "queue"), of: EdgeDocument = document) {
  const clock = new ManualClock(noon);
  const { queue, outlet } = await openQueue({ location, clock });
  const book = new TagBook();
  book.load(of, (id) => queue.markOf(id).windows ?? []);
  const unknown = new UnknownMetrics();
  const heard: unknown[] = [];
  const values = new LatestValues(clock);
  let checked = true;
  const parts = {
    clock,
    clockIsChecked: () => checked,
    queue,
    book,
    values,
    unknown,
    onValue: (...value: unknown[]) => void heard.push(value),
  };
  const normaliser = new Normaliser(1, parts, new SkewMeter());
  onTestFinished(async () => {
    await queue.close();
    rmSync(join(location, ".."), { recursive: true, force: true });
  });
  const clockIs = (as: "checked" | "unchecked") => void (checked = as === "checked");
  return { clock, clockIs, queue, outlet, book, unknown, heard, values, normaliser, location };
}

/** Everything in the queue, in order: [tag or reason of death, ms after noon, value]. */
async function stored(queue: Queue, outlet: QueueOutlet) {
  await queue.stored();
  const readings: unknown[][] = [];
  const events: EdgeEvent[] = [];
  for (const { name, record } of queue.disk.state.epochs.values()) {
    let seq = record.first;
    for (;;) {
      const found = await outlet.read(name, seq);
      if (found === null) break;
      seq = found.last + 1;
      const block = decodeBlock(found.frame);
      if (block.kind === "events") {
        events.push(...block.events);
        continue;
      }
      const { tagIds, sourceTs, num, txt } = block.columns;
      tagIds.forEach((tagId, i) => {
        const dead = block.dead.find((d) => d.seq === block.header.first + i);
        readings.push(
          dead === undefined
            ? [
                tagId,
                (sourceTs[i] ?? 0) - noon,
                txt[i] ?? num[i],
                ...(block.header.historical ? ["late"] : []),
              ]
            : [dead.reason],
        );
      });
    }
  }
  return { readings, events };
}

describe("a reading on its way through the edge", { timeout: 60_000 }, () => {
  it("is stored, or kept as dead letter with its reason, and the others of its batch go on", async () => {
    const { normaliser, queue, outlet, unknown } = await source();
    await normaliser.readings([
      melt(231, 0),
      melt(Number.NaN, 1),
      melt(231, noon / 1000 - noon),
      melt(999, 2),
      melt(1, 3, { metric: "press-2/Nobody\u0000Knows" }),
      melt(232, 4),
    ]);
    const { readings } = await stored(queue, outlet);
    expect(readings).toEqual([
      [11, 0, 231],
      ["not_a_number"],
      ["time_in_seconds"],
      ["out_of_range"],
      ["unknown_tag"],
      [11, 4, 232],
    ]);
    expect(unknown.next()).toMatchObject([
      { sourceId: 1, metric: "press-2/Nobody␀Knows", datatype: "number" },
    ]);
  });

  it("13.1: of a source whose clock runs 6 s ahead keeps its time and is uncertain, live and stored; 4 s ahead is good", async () => {
    const { normaliser, heard } = await source();
    await normaliser.readings([melt(231, 4000), melt(232, 6000)]);
    expect(heard).toEqual([
      [11, 231, 0, noon + 4000],
      [11, 232, 1, noon + 6000],
    ]);
    await normaliser.readings([melt(233, 6100, { quality: 2 })]);
    expect(heard.at(-1)).toEqual([11, 233, 2, noon + 6100]);
  });

  it("13.1: is not judged by a clock that was never compared: it keeps its time, doubted, and the server decides", async () => {
    const { normaliser, queue, outlet, clockIs } = await source();
    const years = 3 * 365 * 86_400_000;
    clockIs("unchecked");
    await normaliser.readings([melt(231, years)]);
    clockIs("checked");
    await normaliser.readings([melt(232, years)]);
    expect((await stored(queue, outlet)).readings).toEqual([[11, years, 231], ["time_in_future"]]);
  });

  it("13.1: from beyond the tolerance in the future is a dead letter, and never live", async () => {
    const { normaliser, queue, outlet, heard } = await source();
    await normaliser.readings([melt(231, 6 * 60_000), melt(232, 0)]);
    expect((await stored(queue, outlet)).readings).toEqual([["time_in_future"], [11, 0, 232]]);
    expect(heard).toEqual([[11, 232, 0, noon]]);
  });

  it("is heard by reflexes and gate before any filter, but not when it is history", async () => {
    const { normaliser, heard, values, queue, outlet } = await source();
    await normaliser.readings([melt(231, 0), melt(231, 1), melt(239, -60_000, { historical: true })]);
    expect(heard).toEqual([
      [11, 231, 0, noon],
      [11, 231, 0, noon + 1],
    ]);
    expect(values.get(11)).toMatchObject({ value: 231, sourceTime: noon + 1 });
    expect((await stored(queue, outlet)).readings).toEqual([
      [11, 0, 231],
      [11, -60_000, 239, "late"],
    ]);
  });

  it("that was not stored is not taken for a repetition when it comes again", async () => {
    const { normaliser, queue, outlet } = await source();
    const commit = queue.disk.options.capBytes;
    Object.assign(queue.disk.options, { capBytes: () => 10 });
    await expect(normaliser.readings([melt(231, 0)], { session: "a", id: 1 })).rejects.toThrow("full");
    expect(await normaliser.lastReceipt()).toBeNull();
    Object.assign(queue.disk.options, { capBytes: commit });
    await normaliser.readings([melt(231, 0)], { session: "a", id: 1 });
    expect(await normaliser.lastReceipt()).toEqual({ session: "a", id: 1 });
    expect((await stored(queue, outlet)).readings).toEqual([[11, 0, 231]]);
  });

  it("of a fast tag is stored as one mean a second, after a kill too", async () => {
    const first = await source();
    await first.normaliser.readings([0, 100, 200, 300, 400].map((ms) => pressure(1000, ms)));
    expect((await stored(first.queue, first.outlet)).readings).toEqual([]);
    await first.queue.disk.close();

    const second = await source(first.location);
    second.clock.advance(900);
    await second.normaliser.readings([pressure(2000, 500), pressure(2000, 900)]);
    second.clock.advance(400);
    second.normaliser.tick();
    expect((await stored(second.queue, second.outlet)).readings).toEqual([[21, 0, 1500]]);
    await second.queue.disk.close();

    const third = await source(first.location);
    third.clock.advance(5000);
    await third.normaliser.readings([melt(231, 5000)]);
    third.normaliser.tick();
    expect((await stored(third.queue, third.outlet)).readings).toEqual([
      [21, 0, 1500],
      [11, 5000, 231],
      [21, 1000, 2000],
    ]);
  });

  it("of a fast tag that changes its window in a new document is given out first", async () => {
    const { normaliser, book, queue, outlet } = await source();
    await normaliser.readings([pressure(1000, 0), pressure(1000, 100)]);
    const changed = { ...fast, aggregateMs: 5000 };
    for (const state of book.load({ ...document, tags: [changed] }, () => [])) normaliser.end(state);
    expect((await stored(queue, outlet)).readings).toEqual([[21, 0, 1000]]);
  });

  it("13.4: that was held back by the deadband comes out after the longest silence", async () => {
    const quiet = aDocument({ tags: [aTag({ deadband: 1 })] });
    const { normaliser, queue, outlet, clock } = await source(undefined, quiet);
    await normaliser.readings([melt(231, 0), melt(231.5, 100)]);
    clock.advance(10_000);
    normaliser.tick();
    expect((await stored(queue, outlet)).readings).toEqual([
      [11, 0, 231],
      [11, 100, 231.5],
    ]);
  });
});

describe("what a driver tells", () => {
  it("becomes an event of its machine; a gap without a beginning begins at the last stored reading", async () => {
    const { normaliser, queue, outlet } = await source();
    await normaliser.readings([melt(231, -5000)]);
    await normaliser.event({
      kind: "birth",
      device: "press-2",
      at: noon,
      metrics: ["press-2/MeltTemperature"],
    });
    await normaliser.event({ kind: "gap", device: "", at: noon, reason: "edge started" });
    await normaliser.event({ kind: "death", device: "press-2", at: noon + 1, reason: "NDEATH" });
    expect((await stored(queue, outlet)).events).toMatchObject([
      { kind: "birth", at: noon, sourceId: 1, machineId: 2, data: { device: "press-2", count: 1 } },
      { kind: "gap", machineId: 2, data: { reason: "edge started", from: noon - 5000, to: noon } },
      { kind: "death", at: noon + 1, machineId: 2, data: { reason: "NDEATH" } },
    ]);
  });

  it("ends a gap of every device where that device was last heard itself, not where it was called stale", async () => {
    const other = aTag({ id: 31, machineId: 3, metric: "press-3/MeltTemperature" });
    const two = { ...document, tags: [...document.tags, other] };
    const before = await source(undefined, two);
    const { normaliser } = before;
    await normaliser.readings([melt(231, -9000)]);
    await normaliser.readings([melt(230, -4000, { metric: "press-3/MeltTemperature" })]);
    await normaliser.readings([melt(231, -3000, { quality: 3 }), melt(229, -2000, { historical: true })]);
    await before.queue.disk.close();

    const after = await source(before.location, two);
    await after.normaliser.event({ kind: "gap", device: "", at: noon, reason: "edge started" });
    expect((await stored(after.queue, after.outlet)).events).toMatchObject([
      { machineId: 2, data: { device: "press-2", from: noon - 9000, to: noon } },
      { machineId: 3, data: { device: "press-3", from: noon - 4000, to: noon } },
    ]);
  });

  it("is one gap of the whole source where the driver knows its beginning, and of one device where it names it", async () => {
    const { normaliser, queue, outlet } = await source();
    await normaliser.readings([melt(231, -9000), melt(1, -8000, { metric: "press-9/Count" })]);
    const gap = { kind: "gap", at: noon, reason: "the server's queue was full" } as const;
    await normaliser.event({ ...gap, device: "", from: noon - 700 });
    await normaliser.event({ ...gap, device: "press-2" });
    expect((await stored(queue, outlet)).events.map(({ data }) => data)).toMatchObject([
      { device: "", from: noon - 700, to: noon },
      { device: "press-2", from: noon - 9000, to: noon },
    ]);
  });

  it("remembers when each of at most a thousand devices was heard: names without end fill no disk", async () => {
    const { normaliser, queue } = await source();
    const names = Array.from({ length: 1002 }, (_, i) => `device-${i}/Count`);
    await normaliser.readings(names.map((metric) => melt(1, -1, { metric })));
    // One that is known goes on being heard.
    await normaliser.readings([melt(2, 0, { metric: "device-0/Count" })]);
    const heard = queue.markOf(1).heard ?? {};
    expect(Object.keys(heard)).toHaveLength(1000);
    expect(heard).toMatchObject({ "device-0": noon });
  });

  it("and nobody can read is kept as dead letter", async () => {
    const { normaliser, queue, outlet } = await source();
    const raw = new Uint8Array(100_000).fill(0);
    await normaliser.event({ kind: "unreadable", at: noon, reason: "not protobuf", raw });
    expect((await stored(queue, outlet)).readings).toEqual([["unreadable"]]);
  });
});
