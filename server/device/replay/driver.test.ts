import { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { RecordingSink } from "../driver-contract.ts";
import { quality } from "../tag.contract.ts";
import { history, iso, isOver, numbered, play, recordings, t0 } from "./testing.ts";

// The drivers' contract (driver-contract.ts) asks for a machine that says what the test tells it. A recording has no
// such machine, so its tests stand here in their own words, and these of the contract are lacking, by name: "comes back
// by itself when the middle of the link was away", "writes an absolute value once, and the machine's echo comes back",
// "refuses a write while the machine is away, and does not send it when it comes back".

const values = (sink: RecordingSink, metric = "m") => sink.said(metric).map(([, value]) => value);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);
const unreadable = (sink: RecordingSink) =>
  sink.events.flatMap((e) => (e.kind === "unreadable" ? [e.reason] : []));

test("starts while the recording is not there, says so once, and plays it when it comes", async () => {
  const folder = recordings();
  const clock = new ManualClock(t0);
  const { driver, sink } = await play(folder, history, { clock });
  await sink.until(() => isOver(sink));
  expect(sink.events).toMatchObject([{ kind: "death", reason: "there is no recording a.csv" }]);
  expect(driver.health().connected).toBe(false);
  writeFileSync(join(folder, "a.csv"), numbered(3));
  await expect
    .poll(() => {
      clock.advance(2000);
      return values(sink);
    })
    .toEqual([0, 1, 2]);
  expect(sink.events.filter(({ kind }) => kind === "death")).toHaveLength(2);
});

test("takes numbers, texts, flags, nothing and 64-bit counters as they are, with time, quality and unit", async () => {
  const text = `\uFEFFtime,metric,value,quality,unit
${iso(0)},n,-2.5,,°C
${iso(1)},t,"läuft, ""gut""",good,
${iso(2)},f,false,bad,
${iso(3)},n,,,
${iso(4)},c,9007199254740993,uncertain,
`;
  const { sink } = await play(recordings(text), history);
  await sink.until(() => isOver(sink));
  const at = (ms: number) => ({ sourceTime: t0 + ms, historical: true });
  expect(sink.stored).toEqual([
    { metric: "n", value: -2.5, quality: quality.good, unit: "°C", ...at(0) },
    { metric: "t", value: 'läuft, "gut"', quality: quality.good, ...at(1) },
    { metric: "f", value: false, quality: quality.bad, ...at(2) },
    { metric: "n", value: null, quality: quality.good, ...at(3) },
    { metric: "c", value: 9_007_199_254_740_993n, quality: quality.uncertain, ...at(4) },
  ]);
});

test("keeps the order and neither loses nor doubles anything, as fast as the disk takes it", async () => {
  const { driver, sink } = await play(recordings(numbered(20_000)), history);
  await sink.until(() => isOver(sink));
  expect(values(sink)).toEqual(count(20_000));
  expect(driver.health()).toMatchObject({ connected: false, errors: 0 });
  expect(sink.events.map(({ kind }) => kind)).toEqual(["birth", "death"]);
});

test("history is said to be history; live is not, and its first row is now", async () => {
  const clock = new ManualClock(t0 + 9e9);
  const { sink } = await play(recordings(numbered(1)), {}, { clock });
  await sink.until(() => isOver(sink));
  expect(sink.stored[0]).toEqual({ metric: "m", value: 0, quality: 0, sourceTime: t0 + 9e9 });
  const { sink: kept } = await play(recordings(numbered(1)), history);
  await kept.until(() => isOver(kept));
  expect(kept.stored[0]).toMatchObject({ sourceTime: t0, historical: true });
});

test.each([
  [1, 100],
  [10, 10],
  [0.5, 200],
])(
  "at %d times the speed the rows come when they are due, with the time they have then",
  async (speed, step) => {
    const clock = new ManualClock(t0 + 9e9);
    const { sink } = await play(recordings(numbered(3)), { speed }, { clock });
    for (const n of [1, 2, 3]) {
      await sink.until(() => sink.stored.length >= n);
      expect(sink.said("m").at(-1)).toEqual([t0 + 9e9 + (n - 1) * step, n - 1]);
      if (n === 3) break;
      // A millisecond early nothing comes, also when the file was read long ago.
      clock.advance(step - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(sink.stored).toHaveLength(n);
      clock.advance(1);
    }
  },
);

test("history may be paced as well, and keeps its times", async () => {
  const clock = new ManualClock(t0 + 9e9);
  const { sink } = await play(recordings(numbered(2)), { times: "kept", speed: 10 }, { clock });
  await sink.until(() => sink.stored.length === 1);
  await expect
    .poll(() => {
      clock.advance(10);
      return sink.said("m");
    })
    .toEqual([
      [t0, 0],
      [t0 + 100, 1],
    ]);
});

test("when a live recording is over, every metric is stale and its death is said; a history marks nothing", async () => {
  const clock = new ManualClock(t0);
  const { sink } = await play(recordings(`time,metric,value\n${iso(0)},a,1\n${iso(0)},b,x\n`), {}, { clock });
  await sink.until(() => isOver(sink));
  const stale = sink.stored.filter((r) => r.quality === quality.stale);
  expect(stale.map(({ metric, value }) => [metric, value])).toEqual([
    ["a", 1],
    ["b", "x"],
  ]);
  expect(sink.events.map(({ kind }) => kind)).toEqual(["gap", "birth", "death"]);
});

test("loops follow one another without end, each live", async () => {
  const clock = new ManualClock(t0);
  const { driver, sink } = await play(recordings(numbered(3)), { loops: 0, speed: 100_000 }, { clock });
  await expect
    .poll(() => {
      clock.advance(1);
      return values(sink).length;
    })
    .toBeGreaterThan(20);
  expect(values(sink).slice(0, 9)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  await driver.stop();
});

test("bad rows are told with their line, once, and the rest goes on", async () => {
  const text = `time,metric,value
${iso(0)},m,1
yesterday,m,2
${iso(1)},m
${iso(2)},m,3
${iso(3)},"m"x,4
${iso(4)},m,5
2026-11-22 06:00:00,m,6
`;
  const { driver, sink } = await play(recordings(text), history);
  await sink.until(() => isOver(sink));
  expect(values(sink)).toEqual([1, 3, 5]);
  expect(unreadable(sink)).toEqual([
    "line 3: yesterday is no time",
    "line 4: the row has 2 values under 3 columns",
    "line 6: quotes are wrong (CSV_INVALID_CLOSING_QUOTE)",
    "line 8: 2026-11-22 06:00:00 has no time zone: say which clock it was",
  ]);
  expect(driver.health().errors).toBe(4);
});

test("a file that is no CSV at all ends with a sentence and a bounded number of complaints", async () => {
  for (const [text, why] of [
    [`a"b\n${'x"y\n'.repeat(5000)}`, /quotes are wrong/],
    [`time,metric,value\n${'x"y\n'.repeat(5000)}`, /no CSV/],
    ["metric,value\na,1\n", /names no column time/],
    ["time,metric,value\n", /has no rows/],
  ] as const) {
    const clock = new ManualClock(t0);
    const { driver, sink } = await play(recordings(text), history, { clock });
    await sink.until(() => isOver(sink));
    expect(sink.events.find(({ kind }) => kind === "death")).toMatchObject({
      reason: expect.stringMatching(why),
    });
    expect(sink.stored).toEqual([]);
    expect(sink.events.length).toBeLessThan(1100);
    await driver.stop();
  }
});

test("a quote that is never closed, and a row of megabytes, cost themselves and neither the rest nor the memory", async () => {
  const long = `${iso(0)},m,"${"x".repeat(3_000_000)}`;
  const text = `time,metric,value\n${iso(0)},m,"1\n${iso(1)},m,2\n${long}\r\n${iso(2)},m,3`;
  const { sink } = await play(recordings(text), history, { clock: new ManualClock(t0) });
  await sink.until(() => isOver(sink));
  expect(values(sink)).toEqual([2, 3]);
  expect(unreadable(sink)).toEqual([
    "line 2: quotes are wrong (CSV_QUOTE_NOT_CLOSED)",
    "line 4: the row has more than 262144 characters",
  ]);
  for (const e of sink.events) if (e.kind === "unreadable") expect(e.raw.length).toBeLessThanOrEqual(4096);
});

test("a recording outside the folder, or behind a link, is not opened", async () => {
  const folder = recordings(numbered(1), "real/a.csv");
  const secret = join(recordings(numbered(1), "secret.csv"), "secret.csv");
  symlinkSync(secret, join(folder, "a.csv"));
  symlinkSync(join(folder, "real"), join(folder, "linked"));
  mkdirSync(join(folder, "dir.csv"));
  for (const [file, why] of [
    ["a.csv", /behind a link/],
    ["linked/a.csv", /behind a link/],
    ["dir.csv", /no plain file/],
  ] as const) {
    const { driver, sink } = await play(folder, { ...history, file }, { clock: new ManualClock(t0) });
    await sink.until(() => isOver(sink));
    expect(sink.events).toMatchObject([{ kind: "death", reason: expect.stringMatching(why) }]);
    expect(sink.stored).toEqual([]);
    await driver.stop();
  }
});

test("refuses every write, and says nothing any more once it is stopped", async () => {
  const clock = new ManualClock(t0);
  const { driver, sink } = await play(recordings(numbered(3)), {}, { clock });
  await sink.until(() => sink.stored.length === 1);
  expect(await driver.write("m", 1)).toEqual({ result: "refused", reason: "a recording obeys nobody" });
  await driver.stop();
  const after = sink.stored.length;
  clock.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sink.stored).toHaveLength(after);
  expect(driver.health().connected).toBe(false);
  expect(sink.stored.at(-1)).toMatchObject({ quality: quality.stale, value: 0 });
});

test("a large recording is read as a stream: the heap does not grow with the file", async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `${t0 + i},m,${i}`).join("\n");
  const folder = recordings("time,metric,value\n");
  for (let i = 0; i < 20; i++) appendFileSync(join(folder, "a.csv"), `${rows}\n`);
  let heard = 0;
  let largest = 0;
  const sink = new RecordingSink();
  sink.readings = (batch) => {
    heard += batch.length;
    largest = Math.max(largest, batch.length);
    return Promise.resolve();
  };
  await play(folder, { ...history, time: "ms" }, { sink });
  await sink.until(() => isOver(sink));
  expect(heard).toBe(400_000);
  expect(largest).toBeLessThanOrEqual(5000);
}, 30_000);

const skab = join(import.meta.dirname, "../../../../shared/data/skab/valve1/0.csv");
test.skipIf(!existsSync(skab))(
  "plays a file of the Skoltech benchmark as it is (skipped where ../shared is missing)",
  async () => {
    const text = readFileSync(skab, "utf8");
    const { sink } = await play(recordings(text), {
      ...history,
      delimiter: ";",
      zone: "UTC",
      layout: {
        kind: "wide",
        time: "datetime",
        without: ["anomaly", "changepoint"],
        units: { Temperature: "°C" },
      },
    });
    await sink.until(() => isOver(sink));
    const rows = text.trim().split("\n").length - 1;
    expect(sink.stored).toHaveLength(rows * 8);
    expect(unreadable(sink)).toEqual([]);
    expect(sink.stored.find(({ metric }) => metric === "Temperature")).toEqual({
      metric: "Temperature",
      sourceTime: Date.UTC(2020, 2, 9, 10, 14, 33),
      value: 79.3366,
      quality: 0,
      unit: "°C",
      historical: true,
    });
    expect(sink.events[0]).toMatchObject({
      kind: "birth",
      metrics: expect.arrayContaining(["Current", "Volume Flow RateRMS"]),
    });
  },
);
