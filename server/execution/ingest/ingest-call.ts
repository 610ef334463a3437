import { sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import type { ReadingColumns } from "#server/edge/block.contract.ts";
import { epochToDatabase } from "./epoch.rules.ts";

/** A dead reading as the database keeps it: `raw` is JSON text, at most 64 KiB, without NUL. */
export interface DeadRow {
  readonly seq: number;
  readonly reason: string;
  readonly raw: string;
}

/** Readings `first … first + columns.length - 1` of one stream, from one block or from several merged ones. */
export interface ReadingBatch {
  readonly streamId: number;
  readonly epoch: string;
  readonly first: number;
  readonly columns: ReadingColumns;
  readonly dead: readonly DeadRow[];
  readonly historical: boolean;
}

/** What the database says: `acked` up to `seq`, or `expect` = readings from `seq` on are missing in between. */
export interface IngestAnswer {
  readonly status: "acked" | "expect";
  readonly seq: number;
}

export interface ReadingsAnswer extends IngestAnswer {
  readonly stored: number;
  readonly dead: number;
}

const batchQuery =
  "select status, seq::float8 as seq, stored, dead from ingest_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, to_timestamp($13))";

const eventsQuery =
  "select status, seq::float8 as seq from ingest_events($1, $2, $3, $4, $5::text::jsonb, $6, to_timestamp($7))";

/**
 * One call of `ingest_batch`. One statement, so it is exactly-once whatever happens to the connection: an unknown
 * outcome is simply sent again.
 */
export async function ingestReadings(db: Db, batch: ReadingBatch, now: number): Promise<ReadingsAnswer> {
  const { columns } = batch;
  const last = batch.first + columns.tagIds.length - 1;
  const rows = await db.$client.unsafe<ReadingsAnswer[]>(
    batchQuery,
    [
      batch.streamId,
      epochToDatabase(batch.epoch),
      batch.first,
      last,
      numbers(columns.tagIds),
      numbers(columns.sourceTs),
      numbers(columns.edgeTs),
      numbers(columns.num),
      texts(columns.txt),
      numbers(columns.quality),
      batch.dead.length === 0 ? null : JSON.stringify(batch.dead),
      batch.historical,
      now / 1000,
    ],
    { prepare: true },
  );
  return answer(rows[0]);
}

/** The same as part of a transaction: what is stored stands or falls with what else it does. */
export async function ingestWithin(tx: Tx, batch: ReadingBatch, now: number): Promise<ReadingsAnswer> {
  const { columns, streamId, first } = batch;
  const rows = await tx.execute<ReadingsAnswer & Record<string, unknown>>(sql`
    select status, seq::float8 as seq, stored, dead from ingest_batch(
      ${streamId}, ${epochToDatabase(batch.epoch)}::bigint, ${first}, ${first + columns.tagIds.length - 1},
      ${numbers(columns.tagIds)}::text::int[], ${numbers(columns.sourceTs)}::text::float8[],
      ${numbers(columns.edgeTs)}::text::float8[], ${numbers(columns.num)}::text::float8[],
      ${texts(columns.txt)}::text::text[], ${numbers(columns.quality)}::text::smallint[],
      null, ${batch.historical}, to_timestamp(${now / 1000}))`);
  return answer(rows[0]);
}

/** An event as `ingest_events` takes it; see there. */
export interface EventRow {
  readonly kind: string;
  readonly at: number;
  readonly sourceId: number | null;
  readonly machineId: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly gap?: { lane: number; kind: string; epoch: string; first: number; last: number };
  readonly reason?: string;
  readonly from?: number;
  readonly to?: number;
}

export interface EventBatch {
  readonly streamId: number;
  readonly epoch: string;
  readonly first: number;
  readonly events: readonly EventRow[];
  readonly historical: boolean;
}

export async function ingestEvents(db: Db, batch: EventBatch, now: number): Promise<IngestAnswer> {
  const rows = await db.$client.unsafe<IngestAnswer[]>(
    eventsQuery,
    [
      batch.streamId,
      epochToDatabase(batch.epoch),
      batch.first,
      batch.first + batch.events.length - 1,
      JSON.stringify(batch.events),
      batch.historical,
      now / 1000,
    ],
    { prepare: true },
  );
  return answer(rows[0]);
}

function answer<T>(row: T | undefined): T {
  if (row === undefined) throw new Error("the database gave no answer");
  return row;
}

// Array literals are written here: the driver's own serialiser takes one call per element.
function numbers(column: { join(separator: string): string }): string {
  return `{${column.join(",")}}`;
}

/** Missing elements at the end read as null in `unnest`, so a column without any text is empty. */
function texts(column: readonly (string | null)[]): string {
  if (column.every((text) => text === null)) return "{}";
  const quoted = column.map((text) =>
    text === null ? "NULL" : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
  );
  return `{${quoted.join(",")}}`;
}
