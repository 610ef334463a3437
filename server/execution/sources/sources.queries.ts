import { and, asc, count, eq, ne, sql } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { discoveredMetric } from "#db/schema/edge/ingest.ts";
import type { EdgeHealth } from "#server/edge/uplink.contract.ts";
import { handEdgeCode } from "../manual/manual.contract.ts";
import { shownConfig } from "./config.ts";
import { sourceHealth } from "./health.rules.ts";
import type { EdgeView, SourceView } from "./sources.contract.ts";

/** What edges say of themselves right now; it stands in no table. */
export interface EdgesNow {
  health(): Readonly<Record<number, EdgeHealth>>;
  /** Messages a second of each source, by its id. */
  rates(): ReadonlyMap<number, number>;
}

/** Every source that a machine or gateway speaks through, by code. What people say by hand is none of them. */
export async function listSources(db: Db | Tx, edges: EdgesNow, now: number): Promise<SourceView[]> {
  const tags = db.$count(tag, eq(tag.sourceId, source.id));
  const discovered = db
    .select({ n: count() })
    .from(discoveredMetric)
    .where(and(eq(discoveredMetric.sourceId, source.id), eq(discoveredMetric.state, "new")));
  const rows = await db
    .select({
      id: source.id,
      edgeId: source.edgeId,
      edgeCode: edge.code,
      code: source.code,
      driver: source.driver,
      config: source.config,
      enabled: source.enabled,
      hasToken: sql<boolean>`${source.tokenHash} is not null`,
      tags,
      discovered: sql<number>`(${discovered})::int`,
    })
    .from(source)
    .innerJoin(edge, eq(edge.id, source.edgeId))
    .where(ne(edge.code, handEdgeCode))
    .orderBy(asc(source.code));
  const health = edges.health();
  const rates = edges.rates();
  return rows.map((row) => ({
    ...row,
    config: shownConfig(row.config as Record<string, unknown>),
    health: sourceHealth({
      id: row.id,
      enabled: row.enabled,
      edge: health[row.edgeId] ?? null,
      rate: rates.get(row.id) ?? null,
      now,
    }),
  }));
}

/** Edges that deliver over the wire, by code. */
export async function listEdges(db: Db | Tx, edges: EdgesNow): Promise<EdgeView[]> {
  const rows = await db.select().from(edge).where(ne(edge.code, handEdgeCode)).orderBy(asc(edge.code));
  const health = edges.health();
  return rows.map((row) => {
    const now = health[row.id];
    return {
      id: row.id,
      code: row.code,
      name: row.name,
      online: now !== undefined,
      lastSeenAt: row.lastSeen?.getTime() ?? null,
      version: now?.version ?? null,
      queueBytes: now?.queueBytes ?? null,
      backlog: now?.unackedReadings ?? null,
      backlogMs: now?.oldestUnackedMs ?? null,
      gaps: now?.gaps ?? null,
      storing: now?.storing ?? null,
    };
  });
}
