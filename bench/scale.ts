import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { type Db, openDb } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { instant } from "#db/sql.ts";
import { systemClock } from "#server/core/clock.ts";
import { readTrend } from "#server/execution/tags/trend.queries.ts";
import { startCluster } from "#server/launcher/postgres.ts";
import { inIngestHouse } from "./ingest/house.ts";
import { makeBenchPlant } from "./ingest/plant.ts";
import type { BenchOptions, Figure } from "./main.ts";
import { percentile } from "./percentile.ts";

const clock = systemClock;
const dayMs = 86_400_000;
const tagCounts = [100, 1000, 10_000];
const dayCounts = [1, 7, 30];
/** Tags at 1 Hz whose days are stored, interleaved as they came. */
const storedTags = 10;
const pixels = 1600;
const asks = 40;

/** How the house grows: ingest from 100 to 10,000 tags; bytes, trend and rollups from one day to thirty. */
export async function run(print: (figure: Figure) => void, { seconds }: BenchOptions): Promise<void> {
  let first: number | undefined;
  for (const tags of tagCounts)
    await inIngestHouse(tags, async (house) => {
      const rate = await house.through({ kind: "batched", seconds });
      first ??= rate;
      const ratio = Math.round((rate / first) * 100) / 100;
      print({
        figure: `scale.ingest_${tags}_tags`,
        value: rate,
        unit: "readings/s",
        limit: first,
        ratio,
        goal: `>=0.8 of that with ${tagCounts[0]} tags`,
        holds: ratio >= 0.8,
        note: `${house.note()}; ${seconds} s`,
      });
    });
  for (const days of dayCounts) await inStore(days, print);
}

async function inStore(days: number, print: (figure: Figure) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-scale-"));
  await chmod(folder, 0o711);
  const cluster = await startCluster({ dir: folder });
  try {
    await migrate(cluster.url("postgres"));
    const db = openDb({ url: cluster.url("postgres"), max: 1, name: "scale", statementTimeoutMs: 900_000 });
    const now = Math.floor(clock.now() / 1000) * 1000;
    const tagIds = await fill(db, days, now);
    const readings = days * 86_400 * storedTags;
    const note = `${readings} readings of ${storedTags} tags at 1 Hz`;
    const raw = await bytesOf(db, "reading");
    const began = clock.monotonic();
    await rollUp(db, tagIds, days, now);
    const rolledMs = clock.monotonic() - began;
    await db.execute(sql`vacuum analyze`);
    const took: number[] = [];
    for (let i = 0; i < asks; i++)
      took.push(await ask(db, tagIds[i % storedTags] ?? 0, days, now - i * 1000));
    await db.$client.end();
    const per = (value: number) => Math.round((value / readings) * 10) / 10;
    const line = (name: string, value: number, unit: string, goal: string, holds: boolean): void =>
      print({ figure: `scale.${name}_${days}d`, value, unit, goal, holds, note });
    const perMillion = Math.round((rolledMs / readings) * 1e6) / 1000;
    const trend = percentile(took, 0.95);
    line("bytes_a_reading", per(raw), "bytes with all indexes", "<=200", per(raw) <= 200);
    line("rollup_s_a_million", perMillion, "s for a million readings, all levels", "<=20", perMillion <= 20);
    line("trend_p95_ms", trend, "ms", "<=100", trend <= 100);
  } finally {
    await cluster.stop("immediate");
    await rm(folder, { recursive: true, force: true });
  }
}

/** So many days of the tags, an hour at a time, so that rows of all tags lie side by side, as they came. */
async function fill(db: Db, days: number, now: number): Promise<number[]> {
  const { lanes } = await makeBenchPlant(db, storedTags, 1);
  const { tagIds = [], streamId = 0 } = lanes[0] ?? {};
  for (let day = days + 1; day >= 0; day--)
    await db.execute(
      sql`select ensure_reading_partition((${instant(now - day * dayMs)} at time zone 'UTC')::date)`,
    );
  for (let from = now - days * dayMs, seq = 1; from < now; from += 3_600_000, seq += 3600 * storedTags)
    await db.execute(sql`
      insert into reading (source_ts, edge_ts, epoch, seq, num, stream_id, tag_id, quality)
      select at, at, 1, ${seq}::bigint + row_number() over () - 1, 200 + 20 * sin(extract(epoch from at) / 600 + id), ${streamId}, id, 0
      from generate_series(${instant(from)}, ${instant(from + 3_599_000)}, interval '1 s') at, tag`);
  await db.execute(sql`vacuum analyze`);
  return [...tagIds];
}

/** Every level of every tag, a day at a time, by the product's own function. */
async function rollUp(db: Db, tagIds: readonly number[], days: number, now: number): Promise<void> {
  for (let day = days; day > 0; day--) {
    const [from, to] = [now - day * dayMs, now - (day - 1) * dayMs];
    for (const tagId of tagIds)
      await db.execute(
        sql`select rollup_recompute(array[${tagId}::int], array[${instant(from)}], array[${instant(to)}], ${instant(now)})`,
      );
  }
}

async function ask(db: Db, tagId: number, days: number, to: number): Promise<number> {
  const began = clock.monotonic();
  const trend = await readTrend(db, tagId, to - days * dayMs, to, pixels);
  if (trend.at.length < pixels / 4) throw new Error(`${trend.at.length} points only`);
  return clock.monotonic() - began;
}

/** Bytes on disk of a partitioned table and its indexes. */
async function bytesOf(db: Db, table: string): Promise<number> {
  const [row] = await db.execute<{ bytes: number }>(sql`
    select sum(pg_total_relation_size(relid))::float8 as bytes from pg_partition_tree(${table})`);
  return row?.bytes ?? 0;
}
