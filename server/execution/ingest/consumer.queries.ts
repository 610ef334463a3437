import { eq, inArray, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { ingestCursor, stream } from "#db/schema/edge/ingest.ts";
import { consumerCursor, consumerState } from "#db/schema/execution/consumers.ts";
import type { ConsumedReading } from "./consumer.ts";
import { type Chunk, type Feed, feedKey, type Stretch, type Wanted } from "./feed.ts";
import { epochToDatabase } from "./epoch.rules.ts";

/** A stretch of one queue as `ingest_log` names it: times first, then sequences. */
export interface LoggedRange {
  readonly first: number;
  readonly last: number;
  /** ms; null when nothing of it was stored. */
  readonly minTs: number | null;
  readonly maxTs: number | null;
  readonly stored: number;
  readonly historical: boolean;
}

/**
 * What of a stretch the log names, joined up to about `most` readings and `mostRows` rows of the log (one a call of
 * ingest, often of very few readings); null when the log has nothing (any more). Rows of different kind (live,
 * historical) are not joined.
 */
export async function loggedRange(
  db: Db | Tx,
  feed: Feed,
  { position, upTo }: Stretch,
  most: number,
  mostRows = 128,
): Promise<LoggedRange | null> {
  const rows = await db.execute<{
    first: number;
    last: number;
    min_ts: number | null;
    max_ts: number | null;
    stored: number;
    historical: boolean;
  }>(sql`
    select first::float8 as first, last::float8 as last, stored, historical,
      (extract(epoch from min_ts) * 1000)::float8 as min_ts, (extract(epoch from max_ts) * 1000)::float8 as max_ts
    from ingest_log
    where stream_id = ${feed.streamId} and epoch = ${epochToDatabase(feed.epoch)}::bigint
      and last > ${position} and last <= ${upTo}
    order by last limit ${mostRows}`);
  let range = null as LoggedRange | null;
  for (const row of rows) {
    if (range !== null && (range.historical !== row.historical || range.stored + row.stored > most)) break;
    range = {
      first: range?.first ?? row.first,
      last: row.last,
      minTs: least(range?.minTs ?? null, row.min_ts, Math.min),
      maxTs: least(range?.maxTs ?? null, row.max_ts, Math.max),
      stored: (range?.stored ?? 0) + row.stored,
      historical: row.historical,
    };
  }
  return range;
}

function least(a: number | null, b: number | null, pick: (a: number, b: number) => number): number | null {
  if (a === null) return b;
  return b === null ? a : pick(a, b);
}

/** The next readings after `position` from the table: time range from the log, then sequence. */
export async function readStored(
  db: Db,
  feed: Feed,
  stretch: Stretch,
  wanted: Wanted,
  most: number,
): Promise<Chunk> {
  const { position } = stretch;
  const range = await loggedRange(db, feed, stretch, Math.max(most, 20_000));
  // The log is kept for days; what is older has been seen by every consumer that lived then.
  if (range === null) return { last: stretch.upTo, historical: feed.historical, readings: [] };
  const { last, minTs, maxTs, historical } = range;
  if (minTs === null || maxTs === null || wanted.ids.length === 0) return { last, historical, readings: [] };
  const rows = await db.$client.unsafe<
    { seq: number; tag_id: number; at: number; num: number | null; txt: string | null; quality: number }[]
  >(
    `select seq::float8 as seq, tag_id, (extract(epoch from source_ts) * 1000)::float8 as at, num, txt, quality
     from reading
     where stream_id = $1 and epoch = $2 and seq > $3 and seq <= $4 and tag_id = any($5::text::int[])
       and source_ts >= to_timestamp($6) and source_ts <= to_timestamp($7)
     order by seq limit $8`,
    [
      feed.streamId,
      epochToDatabase(feed.epoch),
      position,
      last,
      `{${wanted.ids.join(",")}}`,
      minTs / 1000 - 0.001,
      maxTs / 1000 + 0.001,
      most,
    ],
    { prepare: true },
  );
  const readings: ConsumedReading[] = [];
  for (const row of rows) {
    const tag = wanted.get(row.tag_id);
    if (tag === undefined) continue;
    readings.push({
      tagId: row.tag_id,
      machineId: tag.machineId,
      meaning: tag.meaning,
      sourceTime: Math.round(row.at),
      num: row.num ?? Number.NaN,
      txt: row.txt,
      quality: row.quality,
      seq: row.seq,
    });
  }
  const full = rows.length >= most;
  return { last: full ? (rows.at(-1)?.seq ?? last) : last, historical, readings };
}

/** Every queue of readings in these lanes, as far as it is committed. */
export async function committedFeeds(db: Db, lanes: readonly number[]): Promise<Feed[]> {
  if (lanes.length === 0) return [];
  const rows = await db
    .select({ cursor: ingestCursor, lane: stream.lane })
    .from(ingestCursor)
    .innerJoin(stream, eq(stream.id, ingestCursor.streamId))
    .where(sql`${inArray(stream.lane, [...lanes])} and ${eq(ingestCursor.kind, "readings")}`);
  return rows.map(({ cursor, lane }) => ({
    key: feedKey(cursor.streamId, cursor.epoch),
    streamId: cursor.streamId,
    lane,
    epoch: cursor.epoch,
    historical: cursor.historical,
    createdAt: cursor.createdAt.getTime(),
    acked: cursor.ackedSeq,
  }));
}

/** Lanes that have a stream at all. */
export async function lanesInUse(db: Db): Promise<number[]> {
  const rows = await db.selectDistinct({ lane: stream.lane }).from(stream);
  return rows.map((row) => row.lane);
}

/** How far a consumer has come, by queue. */
export async function cursorsOfConsumer(db: Db, consumer: string): Promise<Map<string, number>> {
  const rows = await db.select().from(consumerCursor).where(eq(consumerCursor.consumer, consumer));
  return new Map(rows.map((row) => [feedKey(row.streamId, row.epoch), row.seq]));
}

export async function statesOfConsumer(db: Db, consumer: string): Promise<Map<string, unknown>> {
  const rows = await db.select().from(consumerState).where(eq(consumerState.consumer, consumer));
  return new Map(rows.map((row) => [row.key, row.state]));
}
