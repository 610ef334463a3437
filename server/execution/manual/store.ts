import { eq, sql } from "drizzle-orm";
import type { Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { stream } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { quality, type TagMeaning } from "#server/device/tag.contract.ts";
import { laneOf } from "../ingest/epoch.rules.ts";
import { manualDriver } from "./manual.contract.ts";

/** What a person says becomes readings of a stream of its own, so that everything that rests on readings rests on it. */
export interface Said {
  readonly meaning: TagMeaning;
  readonly at: number;
  readonly value: string | number;
}

interface HandTag {
  readonly id: number;
  readonly meaning: string;
  readonly edgeId: number;
}

/** The tags of a machine that people speak for. @throws Refusal not_manual when a source speaks for it */
export async function handTags(tx: Tx, machineId: number): Promise<Map<string, HandTag>> {
  const rows = await tx
    .select({ id: tag.id, meaning: tag.meaning, edgeId: edge.id })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .innerJoin(edge, eq(edge.id, source.edgeId))
    .where(sql`${tag.machineId} = ${machineId} and ${source.driver} = ${manualDriver} and ${tag.enabled}`);
  if (rows.length === 0) throw new Refusal("not_manual", {}, "machineId");
  return new Map(rows.map((row) => [row.meaning, row]));
}

/** One epoch for ever: the stream's only writer is the transaction that holds its lock. */
const epoch = 1;

/** Stores what was said, in the transaction of its command: there is no queue that could lose or double it. */
export async function store(
  tx: Tx,
  machineId: number,
  tags: ReadonlyMap<string, HandTag>,
  said: readonly Said[],
  now: number,
): Promise<void> {
  const [first] = tags.values();
  const [machine] = await tx
    .select({ lineId: workUnit.lineId })
    .from(workUnit)
    .where(eq(workUnit.id, machineId));
  if (first === undefined || machine === undefined) throw new Refusal("not_found", {}, "machineId");
  const lane = laneOf(machine.lineId);
  await tx.insert(stream).values({ edgeId: first.edgeId, lane }).onConflictDoNothing();
  const [own] = await tx.execute<{ id: number }>(sql`
    select id from stream where edge_id = ${first.edgeId} and lane = ${lane} for update`);
  const streamId = own?.id ?? 0;
  const [cursor] = await tx.execute<{ next: number }>(sql`
    select acked_seq::float8 + 1 as next from ingest_cursor
    where stream_id = ${streamId} and epoch = ${epoch} and kind = 'readings'`);
  const seq = cursor?.next ?? 1;
  const list = (values: readonly (string | number)[]) => `{${values.join(",")}}`;
  const answers = await tx.execute<{ status: string; stored: number }>(sql`
    select status, stored from ingest_batch(${streamId}, ${epoch}, ${seq}, ${seq + said.length - 1},
      ${list(said.map((one) => tags.get(one.meaning)?.id ?? 0))}::text::int[],
      ${list(said.map((one) => one.at))}::text::float8[], ${list(said.map(() => now))}::text::float8[],
      ${list(said.map((one) => (typeof one.value === "number" ? one.value : "NaN")))}::text::float8[],
      ${list(said.map((one) => (typeof one.value === "string" ? `"${one.value}"` : "NULL")))}::text::text[],
      ${list(said.map(() => quality.good))}::text::smallint[], null, false, to_timestamp(${now / 1000}))`);
  const [answer] = answers;
  if (answer?.status !== "acked" || answer.stored !== said.length)
    throw new Error(`what a person said was not stored: ${JSON.stringify(answer)}`);
}

/** The newest total of a counter that people keep, 0 before the first part. */
export async function totalOf(tx: Tx, tagId: number): Promise<number> {
  const [row] = await tx.execute<{ total: number | null }>(sql`
    select num as total from reading where tag_id = ${tagId} order by source_ts desc, seq desc limit 1`);
  return row?.total ?? 0;
}
