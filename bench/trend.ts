import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { instant } from "#db/sql.ts";
import { systemClock } from "#server/core/clock.ts";
import { readTrend } from "#server/execution/tags/trend.queries.ts";
import { type Cluster, startCluster } from "#server/launcher/postgres.ts";
import { makeBenchPlant } from "./ingest/plant.ts";
import type { BenchOptions, Figure } from "./main.ts";
import { percentile } from "./percentile.ts";

const clock = systemClock;
const dayMs = 86_400_000;
const days = 30;
/** Tags whose readings lie between those of the tag that is looked at, each at 1 Hz for the last day. */
const neighbours = 200;
/** Pixels of the chart, and asks of each window. */
const pixels = 1600;
const asks = 40;
const goals = { warm: 100, cold: 250 };
/** A spike that lasted one reading, and must be seen in the chart of thirty days. */
const spike = 9999;

/**
 * The chart of one tag: 30 days at 1 Hz with the bands of what ran, asked for at the width of a screen, while the
 * last day's raw rows of 200 other tags lie between its own. Cold = right after the database was restarted.
 */
export async function run(print: (figure: Figure) => void, _options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-trend-"));
  await chmod(folder, 0o711);
  let cluster = await startCluster({ dir: folder });
  try {
    await migrate(cluster.url("postgres"));
    const now = Math.floor(clock.now() / 1000) * 1000;
    let db = open(cluster);
    const tagId = await fill(db, now);
    const rows = await db.execute<{ n: number; mb: number }>(sql`
      select (select count(*)::int from reading) as n, (pg_database_size(current_database()) / 1e6)::float8 as mb`);
    await db.$client.end();
    const cold: number[] = [];
    for (let time = 0; time < 5; time++) {
      await cluster.stop();
      cluster = await startCluster({ dir: folder });
      db = open(cluster);
      await db.execute(sql`select 1`);
      cold.push(await ask(db, tagId, now));
      await db.$client.end();
    }
    db = open(cluster);
    const warm: number[] = [];
    for (let i = 0; i < asks; i++) warm.push(await ask(db, tagId, now - i * 60_000));
    const day: number[] = [];
    for (let i = 0; i < asks; i++) day.push(await ask(db, tagId, now - i * 60_000, dayMs));
    await db.$client.end();
    const note =
      `${rows[0]?.n ?? 0} readings, ${Math.round(rows[0]?.mb ?? 0)} MB, ${neighbours} other tags interleaved for a day, ` +
      `${pixels} pixels, with bands; a spike of one reading is in every answer; one day: p95 ${percentile(day, 0.95)} ms`;
    const figure = (name: "warm" | "cold", value: number): void =>
      print({
        figure: name === "warm" ? "trend.p95_ms" : "trend.cold_p95_ms",
        value,
        unit: "ms",
        goal: `<=${goals[name]}`,
        holds: value <= goals[name],
        note,
      });
    figure("warm", percentile(warm, 0.95));
    figure("cold", percentile(cold, 0.95));
  } finally {
    await cluster.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

function open(cluster: Cluster): Db {
  return openDb({ url: cluster.url("postgres"), max: 1, name: "trend", statementTimeoutMs: 900_000 });
}

/** Asks for the chart as the API does. @returns ms @throws Error when the spike is not in it */
async function ask(db: Db, tagId: number, to: number, length = days * dayMs): Promise<number> {
  const began = clock.monotonic();
  const trend = await readTrend(db, tagId, to - length, to, pixels);
  const text = JSON.stringify(trend);
  const took = clock.monotonic() - began;
  if (trend.at.length > 2 * pixels + 2) throw new Error(`${trend.at.length} points for ${pixels} pixels`);
  if (!trend.max.includes(spike) || text.length === 0) throw new Error("the spike was lost");
  return took;
}

/** Thirty days of one tag and a day of its neighbours, with jobs of two hours; rollups by the product's own code. */
async function fill(db: Db, now: number): Promise<number> {
  const { lanes } = await makeBenchPlant(db, neighbours + 1, 1);
  const tagIds = lanes[0]?.tagIds ?? [];
  const [tagId = 0] = tagIds;
  const streamId = lanes[0]?.streamId ?? 0;
  for (let day = days + 1; day >= 0; day--)
    await db.execute(
      sql`select ensure_reading_partition((${instant(now - day * dayMs)} at time zone 'UTC')::date)`,
    );
  const insert = (tag: ReturnType<typeof sql>, from: number, to: number) =>
    db.execute(sql`
      insert into reading (source_ts, edge_ts, epoch, seq, num, stream_id, tag_id, quality)
      select at, at, 1, 1, 200 + 20 * sin(extract(epoch from at) / 600 + tag), ${streamId}, tag, 0
      from generate_series(${instant(from)}, ${instant(to)}, interval '1 s') at, unnest(${tag}) tag`);
  await insert(sql`array[${tagId}::int]`, now - days * dayMs, now - dayMs - 1000);
  // An hour at a time, so that rows of all tags lie side by side, as they came.
  for (let from = now - dayMs; from < now; from += 3_600_000)
    await insert(sql`(select array_agg(id) from tag)`, from, from + 3_600_000 - 1000);
  await db.execute(sql`
    update reading set num = ${spike} where tag_id = ${tagId} and source_ts = ${instant(now - 7_200_000)}`);
  await db.execute(sql`
    select rollup_recompute(array[${tagId}::int], array[${instant(now - days * dayMs)}], array[${instant(now)}], ${instant(now)})`);
  await db.execute(sql`
    with made as (insert into product (code, name) values ('P', 'P') returning id),
    ordered as (insert into production_order (code, product_id, quantity, state) select 'O', id, 1000000, 'ready' from made returning id),
    planned as (insert into job (order_id, sequence, operation, machine_id, quantity, state)
      select o.id, n, 'op', t.machine_id, 1000, 'ready' from ordered o, tag t, generate_series(1, ${days * 12}::int) n
      where t.id = ${tagId} returning id, machine_id, sequence)
    insert into job_run (machine_id, position, job_id, during)
    select machine_id, 1, id, tstzrange(${instant(now)} - sequence * interval '2 h', ${instant(now)} - (sequence - 1) * interval '2 h')
    from planned`);
  await db.execute(sql`vacuum analyze`);
  return tagId;
}
