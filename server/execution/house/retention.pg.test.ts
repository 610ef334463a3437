import { sql } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Db, openDb } from "#db/client.ts";
import { intArray } from "#db/sql.ts";
import { testDb } from "#db/testing.ts";
import { founderActor } from "#server/core/actor.contract.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { streamIdOf } from "../ingest/gateway.queries.ts";
import { ingestReadings } from "../ingest/ingest-call.ts";
import { randomEpoch } from "../ingest/testing-blocks.ts";
import { makePlant, type TestPlant } from "../ingest/testing.ts";
import { houseSchedules } from "./house.schedules.ts";
import { defaultRetention } from "./retention.contract.ts";
import { setRetention } from "./retention.commands.ts";

const day = 86_400_000;
const now = systemClock.now();
const founder = founderActor("test");

type Handle = Awaited<ReturnType<typeof testDb>>;
let handle: Handle | undefined;
/** As the server works: with the role that may not delete a partition by itself. */
let db: Db;
let plant: TestPlant;
let streamId: number;

async function close(): Promise<void> {
  if (handle === undefined) return;
  await db.$client.end({ timeout: 1 });
  await handle.close();
}
beforeEach(async () => {
  await close();
  handle = await testDb();
  const url = new URL(handle.url);
  url.username = "app";
  url.password = "app";
  db = openDb({ url: url.href, max: 3, name: "house-test" });
  plant = await makePlant(db, "kept", 1);
  streamId = await streamIdOf(db, plant.edgeId, 0);
});
afterAll(close);

const process = () => plant.numbers[0] ?? 0;
const state = () => plant.text;

/** Stores readings of a tag, one a second, from `daysAgo` on. */
async function store(tagId: number, daysAgo: number, count = 3): Promise<string> {
  const epoch = randomEpoch();
  const at = now - daysAgo * day;
  const all = <T>(make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  await ingestReadings(
    db,
    {
      streamId,
      epoch,
      first: 1,
      dead: [],
      historical: true,
      columns: {
        tagIds: Uint32Array.from(all(() => tagId)),
        sourceTs: Float64Array.from(all((i) => at + i * 1000)),
        edgeTs: Float64Array.from(all(() => at)),
        num: Float64Array.from(all((i) => (tagId === state() ? Number.NaN : i))),
        txt: all(() => (tagId === state() ? "running" : null)),
        quality: Uint8Array.from(all(() => 0)),
      },
    },
    now,
  );
  return epoch;
}

const keep = (change: Partial<typeof defaultRetention>) =>
  setRetention.execute({ db, clock: systemClock }, founder, crypto.randomUUID(), {
    ...defaultRetention,
    ...change,
  });

/** Runs one of the house's schedules as the server does. */
async function run(name: "house.retention" | "house.trim", readers: string[] = []): Promise<void> {
  const schedule = houseSchedules({ dataDir: ".", readers }).find((one) => one.name === name);
  await db.transaction(async (tx) => schedule?.run({ tx, now, log: silentLogger }));
}

async function counts(): Promise<{ process: number; state: number }> {
  const [row] = await db.execute<{ process: number; state: number }>(sql`
    select count(*) filter (where tag_id = ${process()})::int as process,
      count(*) filter (where tag_id = ${state()})::int as state from reading`);
  return row ?? { process: -1, state: -1 };
}

async function oldPartitions(): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    select count(*)::int as n from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'reading'::regclass and c.relname < 'reading_' || to_char(now() - interval '3 days', 'YYYYMMDD')
      and c.relname <> 'reading_default'`);
  return row?.n ?? -1;
}

test("a reading that comes later than its class is kept becomes a dead letter, one of another class is stored", async () => {
  await keep({ processDays: 30, stateDays: 60, energyDays: 30 });
  await store(process(), 45);
  await store(state(), 45);
  await store(state(), 61);
  expect(await counts()).toEqual({ process: 0, state: 3 });
  const dead = await db.execute<{ tag: number; reason: string; n: number }>(
    sql`select tag_id as tag, reason, count(*)::int as n from dead_letter group by 1, 2 order by 1`,
  );
  expect([...dead]).toEqual([
    { tag: process(), reason: "time_too_old", n: 3 },
    { tag: state(), reason: "time_too_old", n: 3 },
  ]);
});

test("a shorter class is deleted from the days that a longer one keeps, so many rows a round", async () => {
  await store(process(), 45, 5);
  await store(state(), 45, 2);
  await store(process(), 10, 4);
  await keep({ processDays: 30, stateDays: 60, energyDays: 30 });
  await db.execute(sql`select * from trim_old(now(), '{}', 3)`);
  expect(await counts()).toEqual({ process: 6, state: 2 });
  await run("house.trim");
  expect(await counts()).toEqual({ process: 4, state: 2 });
  await run("house.retention");
  expect([await counts(), await oldPartitions()]).toEqual([{ process: 4, state: 2 }, 2]);
});

test("a day that no class keeps is dropped whole, and so is one that a class left empty", async () => {
  await store(process(), 80);
  await store(state(), 80);
  await store(process(), 45);
  expect(await oldPartitions()).toBe(2);
  await keep({ processDays: 30, stateDays: 60, energyDays: 30 });
  await run("house.retention");
  expect([await counts(), await oldPartitions()]).toEqual([{ process: 3, state: 0 }, 1]);
  await run("house.trim");
  await run("house.retention");
  expect([await counts(), await oldPartitions()]).toEqual([{ process: 0, state: 0 }, 0]);
});

test("nothing goes that a consumer has not read", async () => {
  const epoch = await store(process(), 80);
  await store(process(), 45);
  await keep({ processDays: 30, stateDays: 60, energyDays: 30 });
  await run("house.retention", ["rollups"]);
  await run("house.trim", ["rollups"]);
  expect(await counts()).toEqual({ process: 6, state: 0 });
  await db.execute(sql`insert into consumer_cursor (consumer, stream_id, epoch, seq, fence)
    select 'rollups', stream_id, epoch, acked_seq, 1 from ingest_cursor`);
  await db.execute(
    sql`update consumer_cursor set seq = 2 where epoch = ${BigInt.asIntN(64, BigInt(`0x${epoch}`)).toString()}::bigint`,
  );
  await run("house.retention", ["rollups"]);
  expect(await counts()).toEqual({ process: 6, state: 0 });
  await db.execute(sql`update consumer_cursor set seq = 3`);
  await run("house.retention", ["rollups"]);
  await run("house.trim", ["rollups"]);
  expect(await counts()).toEqual({ process: 0, state: 0 });
});

test("the log of what came in outlives its time for the consumer that has not read it", async () => {
  await store(process(), 1);
  await db.execute(sql`update ingest_log set received_at = now() - interval '30 days'`);
  await run("house.retention", ["counters"]);
  const logged = async () => (await db.execute(sql`select 1 from ingest_log`)).length;
  expect(await logged()).toBe(1);
  await db.execute(sql`insert into consumer_cursor (consumer, stream_id, epoch, seq, fence)
    select 'counters', stream_id, epoch, acked_seq, 1 from ingest_cursor`);
  await run("house.retention", ["counters"]);
  expect(await logged()).toBe(0);
});

test("the readings of a shift that is not closed, or waits to be computed again, stay", async () => {
  await store(process(), 45);
  const [shift] = await db.execute<{ id: number }>(sql`
    insert into shift_instance (line_id, name, production_day, during)
    values (${plant.lineId}, 'Early', current_date - 46, tstzrange(now() - interval '46 days', now() - interval '44 days'))
    returning id::int`);
  await db.execute(sql`insert into oee_dirty (machine_id, shift_id, since)
    values (${plant.machineId}, ${shift?.id ?? 0}, now())`);
  await keep({ processDays: 30, stateDays: 30, energyDays: 30 });
  await run("house.retention");
  await run("house.trim");
  expect(await counts()).toEqual({ process: 3, state: 0 });
  await db.execute(sql`delete from oee_dirty`);
  await run("house.retention");
  expect(await counts()).toEqual({ process: 0, state: 0 });
});

test("rollups, dead letters and events of edges go after their own time, the audit never", async () => {
  await db.execute(sql`insert into rollup (level, tag_id, bucket, count, integral, known_s, good_s)
    select l.level, ${process()}, now() - make_interval(days => d), 1, 1, 1, 1
    from unnest(${intArray([10, 60, 900])}) l(level), unnest(${intArray([1, 50, 500])}) d`);
  await db.execute(sql`insert into dead_letter (edge_id, reason, raw, sha256, first_seen, last_seen)
    select ${plant.edgeId}, 'x', 'x' || d, sha256(convert_to('x' || d, 'UTF8')), now() - interval '900 days',
      now() - make_interval(days => d) from unnest(${intArray([1, 200])}) d`);
  await db.execute(sql`insert into edge_event (edge_id, stream_id, epoch, seq, kind, at, data, historical, received_at)
    select ${plant.edgeId}, ${streamId}, 1, d, 'birth', now(), '{}', false, now() - make_interval(days => d)
    from unnest(${intArray([1, 500])}) d`);
  await keep({});
  await run("house.trim");
  const levels = await db.execute<{ level: number; n: number }>(
    sql`select level, count(*)::int as n from rollup group by 1 order by 1`,
  );
  expect([...levels]).toEqual([
    { level: 10, n: 1 },
    { level: 60, n: 2 },
    { level: 900, n: 3 },
  ]);
  const [rest] = await db.execute<{ letters: number; events: number; audit: number }>(sql`
    select (select count(*) from dead_letter)::int as letters, (select count(*) from edge_event)::int as events,
      (select count(*) from audit where action = 'retention.set')::int as audit`);
  expect(rest).toEqual({ letters: 1, events: 1, audit: 1 });
});

test("a class that is kept longer again gets late readings on the days that it was deleted from, and loses them again", async () => {
  await store(process(), 45);
  await store(state(), 45);
  await keep({ processDays: 30, stateDays: 60, energyDays: 30 });
  await run("house.trim");
  await keep({});
  await store(process(), 45);
  expect(await counts()).toEqual({ process: 3, state: 3 });
  await keep({ processDays: 30, stateDays: 60, energyDays: 30 });
  await run("house.trim");
  expect(await counts()).toEqual({ process: 0, state: 3 });
});
