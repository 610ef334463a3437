import { createPublicKey, verify } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { edgeDocument, reflex } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { epochMs, instant } from "#db/sql.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { EdgeDocument } from "#server/edge/document.contract.ts";
import { actionOf } from "#server/edge/reflexes.rules.ts";
import type { EdgeEye } from "../ingest/edge-link.ts";
import type { EdgeDocumentView, ReflexDraft, ReflexTrial, ReflexView } from "./reflexes.contract.ts";
import { PastReflex } from "./reflexes.rules.ts";

const dayMs = 86_400_000;
/** Readings that a trial looks at, and how many at once, so that the server answers others meanwhile. */
const mostReadings = 1_000_000;
const pageSize = 20_000;
/** Episodes that a trial names. */
const mostEpisodes = 50;

/** Every reflex of the plant, by machine, with what it did in the last 30 days. */
export async function listReflexes(db: Db | Tx, now: number): Promise<ReflexView[]> {
  const rows = await db
    .select({ reflex, machine: workUnit, watched: tag })
    .from(reflex)
    .innerJoin(workUnit, eq(workUnit.id, reflex.machineId))
    .innerJoin(tag, eq(tag.id, reflex.tagId))
    .orderBy(asc(workUnit.code), asc(tag.name), asc(reflex.id));
  const stops = await db.select({ id: tag.id, name: tag.name }).from(tag);
  const acted = await db.execute<{ id: string; last: number; times: number }>(sql`
    select data ->> 'reflex' as id, max(${epochMs(sql`at`)}) as last, count(*)::int as times from edge_event
    where kind = 'reflex' and data ->> 'change' = 'raised' and at > ${instant(now - 30 * dayMs)} group by 1`);
  return rows.map(({ reflex: row, machine, watched }) => {
    const done = acted.find(({ id }) => id === row.id);
    const { id, version, machineId, tagId, condition, action, riskAssessment, enabled } = row;
    const stop = row.stop ?? null;
    return {
      id,
      version,
      machineId,
      tagId,
      condition,
      action,
      riskAssessment,
      enabled,
      machineCode: machine.code,
      machineName: machine.name,
      tagName: watched.name,
      unit: watched.unit,
      datatype: watched.datatype,
      acts: actionOf({ ...row, stop }),
      stop: stop && { ...stop, tagName: stops.find((one) => one.id === stop.tagId)?.name ?? "" },
      lastAt: done?.last ?? null,
      times: done?.times ?? 0,
    };
  });
}

/** The signed document of every edge. @param publicKey SPKI PEM of the key that edges check with */
export async function listEdgeDocuments(
  db: Db | Tx,
  edges: Pick<EdgeEye, "health">,
  publicKey: string,
): Promise<EdgeDocumentView[]> {
  const rows = await db
    .select({ edge, document: edgeDocument })
    .from(edge)
    .leftJoin(edgeDocument, eq(edgeDocument.edgeId, edge.id))
    .orderBy(asc(edge.code));
  const key = createPublicKey(publicKey);
  const health = edges.health();
  return rows.map(({ edge: { id, code, name }, document }) => ({
    edgeId: id,
    edgeCode: code,
    edgeName: name,
    document: document && {
      version: document.version,
      issuedAt: document.issuedAt.getTime(),
      reflexes: EdgeDocument.parse(JSON.parse(document.body)).reflexes,
      signature: document.signature,
      confirmed: verify(null, Buffer.from(document.body), key, Buffer.from(document.signature, "base64")),
    },
    held: health[id]?.documentVersion ?? null,
  }));
}

/**
 * What a reflex would have done on the readings of the last days: the question before it is let loose.
 * @throws Refusal not_found
 */
export async function tryReflex(
  db: Db,
  draft: ReflexDraft & { readonly days: number },
  now: number,
): Promise<ReflexTrial> {
  const [watched] = await db
    .select({ id: tag.id, datatype: tag.datatype, machineId: tag.machineId, sourceId: source.id })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .where(eq(tag.id, draft.tagId));
  if (watched === undefined || watched.machineId !== draft.machineId)
    throw new Refusal("not_found", {}, "tagId");
  const wanted = now - draft.days * dayMs;
  const { from, cut } = await beginning(db, watched.id, wanted, now);
  const past = new PastReflex(draft);
  let looked = 0;
  let after = { at: from, seq: "0" };
  for (;;) {
    const rows = await db.execute<{
      at: number;
      seq: string;
      num: number | null;
      txt: string | null;
      q: number;
    }>(sql`
      select ${epochMs(sql`source_ts`)} as at, seq::text as seq, num, txt, quality as q from reading
      where tag_id = ${watched.id} and source_ts <= ${instant(now)}
        and (source_ts, seq) > (${instant(after.at)}, ${after.seq}::bigint)
      order by source_ts, reading.seq limit ${pageSize}`);
    for (const { at, num, txt, q } of rows)
      past.see({
        at,
        value: watched.datatype === "boolean" && num !== null ? num !== 0 : (txt ?? num),
        quality: q,
      });
    looked += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) break;
    after = last;
  }
  past.until(now);
  const episodes = past.episodes.toReversed().slice(0, mostEpisodes);
  return { from, to: now, looked, times: past.episodes.length, episodes, cut };
}

/** From where on there are no more readings than a trial looks at. */
async function beginning(
  db: Db,
  tagId: number,
  from: number,
  to: number,
): Promise<{ from: number; cut: boolean }> {
  const [row] = await db.execute<{ at: number }>(sql`
    select ${epochMs(sql`source_ts`)} as at from reading
    where tag_id = ${tagId} and source_ts > ${instant(from)} and source_ts <= ${instant(to)}
    order by source_ts desc offset ${mostReadings} limit 1`);
  return row === undefined ? { from, cut: false } : { from: row.at, cut: true };
}
