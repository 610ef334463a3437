import { and, asc, desc, eq, type SQL } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { source, tag, tagTemplate, tagTemplateRow } from "#db/schema/device/tags.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import type { DiscoveredMetricView, TagView } from "./tags.contract.ts";

/** All tags, or those of one machine (by code), in the order of machines and names. */
export async function listTags(db: Db | Tx, machineCode?: string): Promise<TagView[]> {
  return tagsWhere(db, machineCode === undefined ? undefined : eq(workUnit.code, machineCode));
}

/** All tags of one source, in the order of machines and names. */
export async function tagsOfSource(db: Db | Tx, sourceId: number): Promise<TagView[]> {
  return tagsWhere(db, eq(tag.sourceId, sourceId));
}

export async function findTag(db: Db | Tx, tagId: number): Promise<TagView | null> {
  const [view] = await tagsWhere(db, eq(tag.id, tagId));
  return view ?? null;
}

async function tagsWhere(db: Db | Tx, condition: SQL | undefined): Promise<TagView[]> {
  const rows = await db
    .select({ tag, machineCode: workUnit.code, sourceCode: source.code, template: tagTemplate.name })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .innerJoin(workUnit, eq(workUnit.id, tag.machineId))
    .leftJoin(tagTemplateRow, eq(tagTemplateRow.id, tag.templateRowId))
    .leftJoin(tagTemplate, eq(tagTemplate.id, tagTemplateRow.templateId))
    .where(condition)
    .orderBy(asc(workUnit.code), asc(tag.name), asc(tag.id));
  return rows.map(({ tag: row, machineCode, sourceCode, template }) => ({
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
    expectedMs: row.expectedMs,
    aggregateMs: row.aggregateMs,
    scale: row.scale,
    shift: row.shift,
    deadband: row.deadband,
    modulus: row.modulus,
    words: row.words ?? null,
    template,
    overrides: row.overrides,
    writable: row.writable != null,
    enabled: row.enabled,
  }));
}

/** Metrics that edges reported and no tag names, of all sources or one, newest first. */
export async function listDiscovered(
  db: Db | Tx,
  state: DiscoveredMetricView["state"] = "new",
  sourceId?: number,
): Promise<DiscoveredMetricView[]> {
  const rows = await db
    .select({ metric: discoveredMetric, sourceCode: source.code })
    .from(discoveredMetric)
    .innerJoin(source, eq(source.id, discoveredMetric.sourceId))
    .where(
      and(
        eq(discoveredMetric.state, state),
        sourceId === undefined ? undefined : eq(discoveredMetric.sourceId, sourceId),
      ),
    )
    .orderBy(desc(discoveredMetric.firstSeen), asc(discoveredMetric.metric))
    .limit(1000);
  return rows.map(({ metric, sourceCode }) => ({
    ...metric,
    sourceCode,
    firstSeen: metric.firstSeen.getTime(),
    lastSeen: metric.lastSeen.getTime(),
  }));
}
