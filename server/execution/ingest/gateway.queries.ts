import { createHash } from "node:crypto";
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { setting } from "#db/schema/core/core.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { deadLetter, ingestCursor, stream } from "#db/schema/edge/ingest.ts";
import type { StreamCursor, UnknownMetric } from "#server/edge/uplink.contract.ts";
import { maxRaw } from "./precheck.rules.ts";

/** More cursors than an edge can need: one per lane, kind and outage within a replay window. */
const maxCursors = 4096;

/** The id of a stream, made when it is new. */
export async function streamIdOf(db: Db | Tx, edgeId: number, lane: number): Promise<number> {
  const find = () =>
    db
      .select({ id: stream.id })
      .from(stream)
      .where(and(eq(stream.edgeId, edgeId), eq(stream.lane, lane)));
  const [known] = await find();
  if (known !== undefined) return known.id;
  await db.insert(stream).values({ edgeId, lane }).onConflictDoNothing();
  const [made] = await find();
  if (made === undefined) throw new Error(`no stream for lane ${lane} of edge ${edgeId}`);
  return made.id;
}

/** How far each queue of an edge has been taken, newest first. */
export async function cursorsOf(db: Db, edgeId: number): Promise<StreamCursor[]> {
  const rows = await db
    .select({
      lane: stream.lane,
      kind: ingestCursor.kind,
      epoch: ingestCursor.epoch,
      acked: ingestCursor.ackedSeq,
    })
    .from(ingestCursor)
    .innerJoin(stream, eq(stream.id, ingestCursor.streamId))
    .where(eq(stream.edgeId, edgeId))
    .orderBy(desc(ingestCursor.updatedAt))
    .limit(maxCursors);
  return rows;
}

/** When the database was last restored from a backup (written by the restore), ms; null = never. */
export async function restoredAt(db: Db): Promise<number | null> {
  const [row] = await db.select().from(setting).where(eq(setting.key, "restored"));
  const at = (row?.value as { at?: unknown } | undefined)?.at;
  return typeof at === "number" ? at : null;
}

export async function touchEdge(db: Db, edgeId: number, now: number): Promise<void> {
  await db
    .update(edge)
    .set({ lastSeen: new Date(now) })
    .where(eq(edge.id, edgeId));
}

/** A frame nobody could decode, kept whole (up to the limit of a dead letter); the same one again only counts. */
export async function keepFrame(
  db: Db,
  edgeId: number,
  reason: string,
  frame: Uint8Array,
  now: number,
): Promise<void> {
  const raw = Buffer.from(frame.subarray(0, (maxRaw / 4) * 3)).toString("base64");
  const at = new Date(now);
  await db
    .insert(deadLetter)
    .values({
      edgeId,
      reason,
      raw,
      sha256: createHash("sha256").update(frame).digest(),
      firstSeen: at,
      lastSeen: at,
    })
    .onConflictDoUpdate({
      target: [deadLetter.edgeId, deadLetter.sha256],
      targetWhere: sql`stream_id is null`,
      set: { times: sql`${deadLetter.times} + 1`, lastSeen: at },
    });
}

/** A source that invents metrics must not fill the table. */
const maxDiscovered = 5000;

/**
 * Metrics that no tag of the edge's document names. What has a tag all the same (a source that is just put away or
 * taken up) is none to be mapped. @returns those to be mapped that are seen for the first time, by source
 */
export async function keepUnknownMetrics(
  db: Db,
  edgeId: number,
  metrics: readonly UnknownMetric[],
  now: number,
): Promise<Map<number, string[]>> {
  const rows = await db.execute<{ source_id: number; metric: string; fresh: boolean }>(sql`
    insert into discovered_metric (source_id, metric, datatype, unit, first_seen, last_seen, state)
    select distinct on (m."sourceId", m.metric) m."sourceId", m.metric, m.datatype, m.unit,
      to_timestamp(${now / 1000}), to_timestamp(${now / 1000}),
      case when exists (select from tag t where t.source_id = m."sourceId" and t.metric = m.metric)
        then 'mapped' else 'new' end
    from jsonb_to_recordset(${JSON.stringify(metrics)}::text::jsonb) m("sourceId" int, metric text, datatype text, unit text)
    join source s on s.id = m."sourceId" and s.edge_id = ${edgeId}
    where (select count(*) from discovered_metric d where d.source_id = m."sourceId") < ${maxDiscovered}
    on conflict (source_id, metric) do update set last_seen = excluded.last_seen,
      datatype = excluded.datatype, unit = excluded.unit
    returning source_id, metric, (xmax = 0 and state = 'new') as fresh`);
  const fresh = new Map<number, string[]>();
  for (const row of rows) {
    if (row.fresh) fresh.set(row.source_id, [...(fresh.get(row.source_id) ?? []), row.metric]);
  }
  return fresh;
}

/** The hash of the token each edge must show, hex, by its id. */
export async function tokenHashes(db: Db, edgeIds: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const rows = await db
    .select({ id: edge.id, tokenHash: edge.tokenHash })
    .from(edge)
    .where(inArray(edge.id, [...edgeIds]));
  return new Map(rows.map((row) => [row.id, Buffer.from(row.tokenHash).toString("hex")]));
}
