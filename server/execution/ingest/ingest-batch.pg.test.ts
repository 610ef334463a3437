import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDb } from "#db/testing.ts";
import { fact } from "#db/schema/core/core.ts";
import { deadLetter, edgeEvent, gap, ingestLog, reading } from "#db/schema/edge/ingest.ts";
import { eventRow } from "./events.rules.ts";
import { streamIdOf } from "./gateway.queries.ts";
import { ingestEvents, ingestReadings, type ReadingBatch } from "./ingest-call.ts";
import { mergeBatches } from "./merge.rules.ts";
import { randomEpoch } from "./testing-blocks.ts";
import { makePlant, type TestPlant } from "./testing.ts";

let handle: Awaited<ReturnType<typeof testDb>>;
let plant: TestPlant;
let streamId: number;
const now = Date.UTC(2026, 10, 22, 12);

beforeAll(async () => {
  handle = await testDb();
  plant = await makePlant(handle.db, "batch");
  streamId = await streamIdOf(handle.db, plant.edgeId, 0);
});
afterAll(() => handle.close());

function batch(epoch: string, first: number, values: readonly number[], at = now): ReadingBatch {
  const tag = plant.numbers[0] ?? 0;
  return {
    streamId,
    epoch,
    first,
    dead: [],
    historical: false,
    columns: {
      tagIds: Uint32Array.from(values, () => tag),
      sourceTs: Float64Array.from(values, (_, i) => at + i),
      edgeTs: Float64Array.from(values, () => at),
      num: Float64Array.from(values),
      txt: values.map(() => null),
      quality: Uint8Array.from(values, () => 0),
    },
  };
}

async function stored(epoch: string): Promise<{ seq: number; num: number | null }[]> {
  return handle.db
    .select({ seq: reading.seq, num: reading.num })
    .from(reading)
    .where(eq(reading.epoch, epoch))
    .orderBy(asc(reading.seq));
}

test("13.2: a batch that comes again is answered with the cursor and stored once", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const first = await ingestReadings(db, batch(epoch, 1, [10, 20, 30]), now);
  expect(first).toEqual({ status: "acked", seq: 3, stored: 3, dead: 0 });
  expect(await ingestReadings(db, batch(epoch, 1, [10, 20, 30]), now)).toMatchObject({
    status: "acked",
    seq: 3,
    stored: 0,
  });
  expect(await stored(epoch)).toEqual([
    { seq: 1, num: 10 },
    { seq: 2, num: 20 },
    { seq: 3, num: 30 },
  ]);
});

test("13.2: of a batch that overlaps what is stored only the new tail is taken", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  await ingestReadings(db, batch(epoch, 1, [1, 2, 3]), now);
  expect(await ingestReadings(db, batch(epoch, 2, [2, 3, 4, 5]), now)).toMatchObject({ seq: 5, stored: 2 });
  expect((await stored(epoch)).map((row) => row.num)).toEqual([1, 2, 3, 4, 5]);
  const log = await db
    .select()
    .from(ingestLog)
    .where(eq(ingestLog.epoch, epoch))
    .orderBy(asc(ingestLog.last));
  expect(log.map(({ first, last }) => [first, last])).toEqual([
    [1, 3],
    [4, 5],
  ]);
});

test("a hole is not stepped over: the missing sequence is asked for and nothing is stored", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  await ingestReadings(db, batch(epoch, 1, [1, 2]), now);
  expect(await ingestReadings(db, batch(epoch, 5, [5]), now)).toMatchObject({ status: "expect", seq: 3 });
  expect(await stored(epoch)).toHaveLength(2);
});

test("a hole that a recorded gap covers is stepped over, one that it covers in part is asked for", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const events = randomEpoch();
  await ingestReadings(db, batch(epoch, 1, [1, 2]), now);
  const lost = (from: number, to: number) =>
    eventRow(
      {
        kind: "gap",
        at: now,
        sourceId: null,
        machineId: null,
        data: { stream: { kind: "readings", lane: 0, epoch }, from, to, reason: "queue_full" },
      },
      now,
    );
  const tell = (first: number, from: number, to: number) =>
    ingestEvents(db, { streamId, epoch: events, first, events: [lost(from, to)], historical: false }, now);
  await tell(1, 3, 6);
  expect(await ingestReadings(db, batch(epoch, 9, [9]), now)).toMatchObject({ status: "expect", seq: 7 });
  await tell(2, 7, 8);
  await tell(2, 7, 8);
  expect(await ingestReadings(db, batch(epoch, 9, [9]), now)).toMatchObject({ status: "acked", seq: 9 });
  expect((await stored(epoch)).map((row) => row.seq)).toEqual([1, 2, 9]);
  const gaps = await db.select().from(gap).where(eq(gap.epoch, epoch));
  expect(gaps.map(({ first, last, reason }) => [first, last, reason])).toEqual([
    [3, 6, "queue_full"],
    [7, 8, "queue_full"],
  ]);
});

test("13.1: an unknown tag, a time in seconds, in the past and in the year 2999 are dead letters with their reason", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const given = batch(epoch, 1, [1, 2, 3, 4, 5]);
  given.columns.tagIds[0] = 999_999;
  given.columns.sourceTs[1] = now / 1000;
  given.columns.sourceTs[2] = Date.UTC(1999, 0, 1);
  given.columns.sourceTs[3] = Date.UTC(2999, 0, 1);
  expect(await ingestReadings(db, given, now)).toMatchObject({ status: "acked", seq: 5, stored: 1, dead: 4 });
  const letters = await db
    .select()
    .from(deadLetter)
    .where(eq(deadLetter.epoch, epoch))
    .orderBy(asc(deadLetter.seq));
  expect(letters.map((row) => row.reason)).toEqual([
    "unknown_tag",
    "time_in_seconds",
    "time_too_old",
    "time_in_future",
  ]);
  expect(JSON.parse(letters[1]?.raw ?? "")).toMatchObject({ value: "2", sourceTime: now / 1000 });
  expect((await stored(epoch)).map((row) => row.num)).toEqual([5]);
});

test("a tag of another edge is an unknown tag", async () => {
  const { db } = handle;
  const other = await makePlant(db, "other");
  const epoch = randomEpoch();
  const given = batch(epoch, 1, [1]);
  given.columns.tagIds[0] = other.numbers[0] ?? 0;
  expect(await ingestReadings(db, given, now)).toMatchObject({ stored: 0, dead: 1 });
});

test("the edge's own dead readings keep their place, and nothing of the batch is lost", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const given = batch(epoch, 1, [1, Number.NaN, 3]);
  given.columns.tagIds[1] = 0;
  const dead = [{ seq: 2, reason: "wrong_unit", raw: '{"unit":"\\u0000"}' }];
  expect(await ingestReadings(db, { ...given, dead }, now)).toMatchObject({ seq: 3, stored: 2, dead: 1 });
  const [letter] = await db.select().from(deadLetter).where(eq(deadLetter.epoch, epoch));
  expect(letter).toMatchObject({ seq: 2, reason: "wrong_unit", raw: '{"unit":"\\u0000"}' });
});

test("texts with quotes, backslashes, commas and braces come back as they went", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const words = ['"', "\\", "a,b", "{x}", "NULL", "", " ü€🙂 "];
  const given = batch(
    epoch,
    1,
    words.map(() => Number.NaN),
  );
  given.columns.tagIds.fill(plant.text);
  await ingestReadings(db, { ...given, columns: { ...given.columns, txt: words } }, now);
  const rows = await db.select().from(reading).where(eq(reading.epoch, epoch)).orderBy(asc(reading.seq));
  expect(rows.map((row) => row.txt)).toEqual(words);
  expect(rows.every((row) => row.num === null)).toBe(true);
});

test("merged batches are stored as if each had come alone", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const merged = mergeBatches([batch(epoch, 1, [1, 2]), batch(epoch, 3, [3]), batch(epoch, 4, [4, 5])]);
  expect(await ingestReadings(db, merged, now)).toMatchObject({ seq: 5, stored: 5 });
  expect((await stored(epoch)).map((row) => row.num)).toEqual([1, 2, 3, 4, 5]);
});

test("two servers that take the same stream at once store it once", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const values = Array.from({ length: 200 }, (_, i) => i);
  const both = async () => {
    for (let first = 1; first <= 2000; first += 200)
      await ingestReadings(db, batch(epoch, first, values), now);
  };
  await Promise.all([both(), both(), both()]);
  const rows = await stored(epoch);
  expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
});

test("13.2: late data within the retention gets the partition of its day", async () => {
  const { db } = handle;
  const at = now - 40 * 86_400_000;
  await ingestReadings(db, batch(randomEpoch(), 1, [1], at), now);
  const [row] = await db.execute<{ name: string }>(
    sql`select tableoid::regclass::text as name from reading where source_ts < to_timestamp(${(at + 1000) / 1000})`,
  );
  expect(row?.name).toBe("reading_20261013");
});

test("what fell into the default partition moves when its day is made", async () => {
  const { db } = handle;
  await db.execute(sql`insert into reading_default (source_ts, edge_ts, epoch, seq, stream_id, tag_id, quality)
    values ('2026-09-01 12:00+00', now(), 1, 1, ${streamId}, ${plant.numbers[0]}, 0)`);
  await db.execute(sql`select ensure_reading_partition('2026-09-01')`);
  const rows = await db.execute<{ name: string }>(
    sql`select tableoid::regclass::text as name from reading where source_ts = '2026-09-01 12:00+00'`,
  );
  expect(rows.map((row) => row.name)).toEqual(["reading_20260901"]);
});

test("events are stored once, in order, and each is one fact", async () => {
  const { db } = handle;
  const epoch = randomEpoch();
  const adjustment = randomUUID();
  const events = [
    eventRow(
      { kind: "birth", at: now, sourceId: plant.sourceId, machineId: null, data: { device: "a\0b" } },
      now,
    ),
    eventRow(
      { kind: "reflex", at: now + 1, sourceId: null, machineId: plant.machineId, data: { adjustment } },
      now,
    ),
    eventRow({ kind: "death", at: Number.MAX_SAFE_INTEGER, sourceId: null, machineId: -5, data: {} }, now),
  ];
  const tell = () => ingestEvents(db, { streamId, epoch, first: 1, events, historical: false }, now);
  expect(await tell()).toEqual({ status: "acked", seq: 3 });
  expect(await tell()).toEqual({ status: "acked", seq: 3 });
  const rows = await db
    .select()
    .from(edgeEvent)
    .where(eq(edgeEvent.epoch, epoch))
    .orderBy(asc(edgeEvent.seq));
  expect(rows.map((row) => row.kind)).toEqual(["birth", "reflex", "death"]);
  expect(rows[0]?.data).toEqual({ device: "a\uFFFDb" });
  expect(rows[2]).toMatchObject({ machineId: null, at: new Date(now) });
  const facts = await db.select().from(fact).where(eq(fact.topic, "edge.event"));
  const ours = facts.filter((row) => rows.some(({ id }) => id === (row.data as { eventId: number }).eventId));
  expect(ours.map((row) => row.scope)).toEqual(["plant", `machine:${plant.machineId}`, "plant"]);
});
