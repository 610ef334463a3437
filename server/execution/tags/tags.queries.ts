import { and, asc, count, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import type { DiscoveredMetricView, SourceView, TagView } from "./tags.contract.ts";

/** All tags, or those of one machine (by code), in the order of machines and names. */
export async function listTags(db: Db | Tx, machineCode?: string): Promise<TagView[]> {
  return tagsWhere(db, machineCode === undefined ? undefined : eq(workUnit.code, machineCode));
}

export async function findTag(db: Db | Tx, tagId: number): Promise<TagView | null> {
  const [view] = await tagsWhere(db, eq(tag.id, tagId));
  return view ?? null;
}

async function tagsWhere(db: Db | Tx, condition: SQL | undefined): Promise<TagView[]> {
  const rows = await db
    .select({ tag, machineCode: workUnit.code, sourceCode: source.code })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .innerJoin(workUnit, eq(workUnit.id, tag.machineId))
    .where(condition)
    .orderBy(asc(workUnit.code), asc(tag.name), asc(tag.id));
  return rows.map(({ tag: row, machineCode, sourceCode }) => ({
    id: row.id,
    machineId: row.machineId,
    machineCode,
    sourceCode,
    metric: row.metric,
    name: row.name,
    meaning: row.meaning as TagMeaning,
    datatype: row.datatype,
    unit: row.unit,
    decimals: row.decimals,
    low: row.low,
    high: row.high,
    normalLow: row.normalLow,
    normalHigh: row.normalHigh,
    maxSilenceMs: row.maxSilenceMs,
    writable: row.writable != null,
    enabled: row.enabled,
  }));
}

export async function listSources(db: Db | Tx): Promise<SourceView[]> {
  const tags = db.$count(tag, eq(tag.sourceId, source.id));
  const discovered = db
    .select({ n: count() })
    .from(discoveredMetric)
    .where(and(eq(discoveredMetric.sourceId, source.id), eq(discoveredMetric.state, "new")));
  return db
    .select({
      id: source.id,
      edgeId: source.edgeId,
      edgeCode: edge.code,
      code: source.code,
      driver: source.driver,
      enabled: source.enabled,
      tags,
      discovered: sql<number>`(${discovered})::int`,
    })
    .from(source)
    .innerJoin(edge, eq(edge.id, source.edgeId))
    .orderBy(asc(source.code));
}

/** Metrics that edges reported and no tag names, newest first. */
export async function listDiscovered(
  db: Db | Tx,
  state: DiscoveredMetricView["state"] = "new",
): Promise<DiscoveredMetricView[]> {
  const rows = await db
    .select({ metric: discoveredMetric, sourceCode: source.code })
    .from(discoveredMetric)
    .innerJoin(source, eq(source.id, discoveredMetric.sourceId))
    .where(eq(discoveredMetric.state, state))
    .orderBy(desc(discoveredMetric.firstSeen), asc(discoveredMetric.metric))
    .limit(1000);
  return rows.map(({ metric, sourceCode }) => ({
    ...metric,
    sourceCode,
    firstSeen: metric.firstSeen.getTime(),
    lastSeen: metric.lastSeen.getTime(),
  }));
}
