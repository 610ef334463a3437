import { and, asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rollup } from "#db/schema/execution/consumers.ts";
import { testDb } from "#db/testing.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { streamIdOf } from "../ingest/gateway.queries.ts";
import { ingestReadings } from "../ingest/ingest-call.ts";
import { createLanes } from "../ingest/lanes.ts";
import { randomEpoch } from "../ingest/testing-blocks.ts";
import { makePlant, type TestPlant } from "../ingest/testing.ts";
import { createTagRegistry } from "../tags/tag-registry.ts";
import { createRollups } from "./rollup-consumer.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let streamId: number;
/** A full day, an hour, a minute start here. The machine's stale time and the tags' silence give a hold of 30 s. */
const t0 = Date.UTC(2026, 10, 20);
const now = t0 + 3_600_000;

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "rollups", 9);
  streamId = await streamIdOf(handle.db, plant.edgeId, 0);
});
afterAll(() => handle.close());

interface Point {
  readonly s: number;
  readonly v: number | null;
  readonly q?: number;
}

/** Stores readings of one tag, `s` seconds after the start. */
async function store(tagId: number, points: readonly Point[], at = now): Promise<void> {
  const epoch = randomEpoch();
  const given = {
    streamId,
    epoch,
    first: 1,
    dead: [],
    historical: false,
    columns: {
      tagIds: Uint32Array.from(points, () => tagId),
      sourceTs: Float64Array.from(points, ({ s }) => t0 + s * 1000),
      edgeTs: Float64Array.from(points, () => t0),
      num: Float64Array.from(points, ({ v }) => v ?? Number.NaN),
      txt: points.map(() => null),
      quality: Uint8Array.from(points, ({ q }) => q ?? 0),
    },
  };
  await ingestReadings(handle.db, given, at);
  const seconds = points.map(({ s }) => s);
  const ts = (s: number) => sql`to_timestamp(${t0 / 1000 + s})`;
  await handle.db
    .execute(sql`select rollup_range(${streamId}, ${BigInt.asIntN(64, BigInt(`0x${epoch}`)).toString()}::bigint,
    1, ${points.length}, ${ts(Math.min(...seconds))}, ${ts(Math.max(...seconds))}, to_timestamp(${at / 1000}))`);
}

async function buckets(tagId: number, level: number) {
  const rows = await handle.db
    .select()
    .from(rollup)
    .where(and(eq(rollup.tagId, tagId), eq(rollup.level, level)))
    .orderBy(asc(rollup.bucket));
  return rows.map((row) => ({ ...row, s: (row.bucket.getTime() - t0) / 1000 }));
}

test("13.3: a mean is weighted by time: 0 for 8 s, then 50 for 2 s is 10, not 25", async () => {
  const tagId = plant.numbers[0] ?? 0;
  await store(tagId, [
    { s: 0, v: 0 },
    { s: 8, v: 50 },
    { s: 10, v: 7 },
  ]);
  const [first] = await buckets(tagId, 10);
  expect(first).toMatchObject({ s: 0, count: 2, sum: 50, min: 0, max: 50, first: 0, last: 50 });
  expect(first).toMatchObject({ integral: 100, knownS: 10, goodS: 10, goodShare: 1 });
});

test("13.3: an hour of 0 for 59 minutes and 60 for the last one is 1.0, though the samples' mean is another", async () => {
  const tagId = plant.numbers[8] ?? 0;
  // By exception: the zero is repeated each 20 s, the 60 is said each second.
  const zeros = Array.from({ length: 177 }, (_, i) => ({ s: i * 20, v: 0 }));
  const sixties = Array.from({ length: 60 }, (_, i) => ({ s: 3540 + i, v: 60 }));
  await store(tagId, [...zeros, ...sixties, { s: 3600, v: 0 }]);
  for (const level of [10, 60, 900]) {
    const hour = (await buckets(tagId, level)).filter(({ s }) => s < 3600);
    const sum = (of: (row: (typeof hour)[number]) => number) => hour.reduce((all, row) => all + of(row), 0);
    expect(sum((row) => row.integral) / sum((row) => row.knownS)).toBe(1);
    expect(sum((row) => row.knownS)).toBe(3600);
    expect(sum((row) => row.sum ?? 0) / sum((row) => row.count)).toBeGreaterThan(15);
  }
});

test("13.3: a value holds through silent buckets until its longest silence and the stale time are over", async () => {
  const tagId = plant.numbers[1] ?? 0;
  await store(tagId, [{ s: 5, v: 4 }]);
  const rows = await buckets(tagId, 10);
  expect(rows.map(({ s, count, integral, knownS }) => [s, count, integral, knownS])).toEqual([
    [0, 1, 20, 5],
    [10, 0, 40, 10],
    [20, 0, 40, 10],
    [30, 0, 20, 5],
  ]);
  const [minute] = await buckets(tagId, 60);
  expect(minute).toMatchObject({ count: 1, integral: 120, knownS: 30, goodShare: 0.5, first: 4, last: 4 });
});

test("13.3: a bad or stale reading, or none at all, ends the hold; an uncertain one counts but is not good", async () => {
  const tagId = plant.numbers[2] ?? 0;
  await store(tagId, [
    { s: 0, v: 10 },
    { s: 2, v: 99, q: 2 },
    { s: 4, v: 20, q: 1 },
    { s: 6, v: null, q: 2 },
  ]);
  const [row, ...rest] = await buckets(tagId, 10);
  expect(row).toMatchObject({ count: 2, max: 20, last: 20, integral: 60, knownS: 4, goodS: 2 });
  expect(rest).toEqual([]);
});

test("13.2: late data restates exactly the buckets it touches", async () => {
  const tagId = plant.numbers[3] ?? 0;
  const minute = Array.from({ length: 30 }, (_, i) => ({ s: i * 5, v: i }));
  await store(tagId, minute);
  const before = await buckets(tagId, 10);
  await handle.db.execute(sql`create table touched (level int, bucket timestamptz)`);
  await handle.db.execute(sql`create function note_touch() returns trigger language plpgsql as $$
    begin insert into touched values (new.level, new.bucket); return new; end $$`);
  await handle.db.execute(
    sql`create trigger note after insert or update on rollup for each row execute function note_touch()`,
  );
  await store(tagId, [{ s: 42, v: 1000 }]);
  const touched = await handle.db.execute<{ level: number; s: number }>(
    sql`select distinct level, extract(epoch from bucket)::float8 - ${t0 / 1000}::float8 as s from touched order by 1, 2`,
  );
  await handle.db.execute(sql`drop trigger note on rollup`);
  // The reading before it (40 s) and the one after it (45 s) lie in the same bucket.
  expect(touched.map(({ level, s }) => [level, s])).toEqual([
    [10, 40],
    [60, 0],
    [900, 0],
    [86_400, 0],
  ]);
  const after = await buckets(tagId, 10);
  expect(after.filter(({ s }) => s !== 40)).toEqual(before.filter(({ s }) => s !== 40));
  expect(after.find(({ s }) => s === 40)).toMatchObject({
    count: 3,
    max: 1000,
    integral: 8 * 2 + 1000 * 3 + 9 * 5,
  });
  const [whole] = await buckets(tagId, 60);
  expect(whole).toMatchObject({ max: 1000, count: 13 });
});

test("13.2: a late bad reading takes away the buckets through which the value had held", async () => {
  const tagId = plant.numbers[4] ?? 0;
  await store(tagId, [{ s: 1, v: 3 }]);
  expect(await buckets(tagId, 10)).toHaveLength(4);
  await store(tagId, [{ s: 6, v: null, q: 3 }]);
  expect((await buckets(tagId, 10)).map(({ s, knownS }) => [s, knownS])).toEqual([[0, 5]]);
});

test("a tag that falls silent gets the rest of its hold when it is over", async () => {
  const tagId = plant.numbers[5] ?? 0;
  await store(tagId, [{ s: 0, v: 2 }], t0 + 4000);
  expect((await buckets(tagId, 10)).map(({ s, knownS }) => [s, knownS])).toEqual([[0, 4]]);
  await handle.db.execute(sql`select rollup_close(to_timestamp(${t0 / 1000 + 29}))`);
  expect(await buckets(tagId, 10)).toHaveLength(1);
  await handle.db.execute(sql`select rollup_close(to_timestamp(${t0 / 1000 + 31}))`);
  expect((await buckets(tagId, 10)).map(({ s, knownS }) => [s, knownS])).toEqual([
    [0, 10],
    [10, 10],
    [20, 10],
  ]);
});

test("13.2: whatever the order in which readings come, the rollups are those of one pass over all of them", async () => {
  const [one, other] = [plant.numbers[6] ?? 0, plant.numbers[7] ?? 0];
  const points = Array.from({ length: 200 }, (_, i) => ({
    s: (i * i * 7) % 1800,
    v: (i * 31) % 17,
    q: i % 11 === 0 ? 2 : 0,
  })).filter((point, i, all) => all.findIndex(({ s }) => s === point.s) === i);
  await store(
    one,
    points.toSorted((a, b) => a.s - b.s),
  );
  for (let i = 0; i < points.length; i += 7) await store(other, points.slice(i, i + 7));
  const plain = (rows: Awaited<ReturnType<typeof buckets>>) =>
    rows.map(({ tagId: _tag, integral, ...row }) => ({ ...row, integral: Math.round(integral * 1e6) }));
  for (const level of [10, 60, 900, 86_400]) {
    expect(plain(await buckets(other, level))).toEqual(plain(await buckets(one, level)));
  }
});

test("run by the lanes, rollups follow what is ingested", async () => {
  const { db } = handle;
  const log = silentLogger;
  const clock = systemClock;
  const tags = createTagRegistry({ db, clock, log });
  await tags.refresh();
  const lanes = createLanes({ db, clock, log, tags, consumers: [], ranges: [createRollups(10)] });
  await lanes.start(new AbortController().signal);
  await lanes.caughtUp();
  await lanes.stop();
  const [count] = await db.execute<{ same: boolean }>(sql`
    select (select sum(count) from rollup where level = 10) = (select count(*) from reading where num is not null and quality < 2) as same`);
  expect(count?.same).toBe(true);
});
