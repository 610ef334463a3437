import { createHash, type KeyObject, sign } from "node:crypto";
import { and, asc, eq, inArray } from "drizzle-orm";
import type { Db, Tx } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { edgeDocument, reflex } from "#db/schema/edge/ingest.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import { setting } from "#db/schema/core/core.ts";
import { canonicalJson } from "#server/core/audit.ts";
import type { Clock } from "#server/core/clock.ts";
import { EdgeDocument, type EdgeTag, type SignedDocument } from "#server/edge/document.contract.ts";
import { laneOf } from "./epoch.rules.ts";

export interface VersionedDocument extends SignedDocument {
  readonly version: number;
}

/** Makes and signs what an edge must know: its tags, machines, sources and reflexes. */
export interface Documents {
  /**
   * The newest document of an edge; its version rises only when its content changed.
   * @param known version the edge has. After a restore it may be newer than ours: then ours is issued again above it.
   */
  current(edgeId: number, known?: number): Promise<VersionedDocument | null>;
}

/** Setting `edge_queue`: how much an edge may keep on its disk, and for how long after it was acked. */
const defaultQueue = { queueBytes: 2 * 1024 ** 3, replayMs: 24 * 3_600_000 };

export function createDocuments(deps: { db: Db; clock: Clock; key: KeyObject }): Documents {
  const { db, clock, key } = deps;
  return {
    async current(edgeId, known = 0) {
      return db.transaction(async (tx) => {
        // The row of the edge is the lock: two servers must not give out one version twice.
        const [row] = await tx.select({ id: edge.id }).from(edge).where(eq(edge.id, edgeId)).for("update");
        if (row === undefined) return null;
        const content = await contentOf(tx, edgeId);
        const hash = createHash("sha256").update(canonicalJson(content)).digest();
        const [last] = await tx.select().from(edgeDocument).where(eq(edgeDocument.edgeId, edgeId));
        const newest = Math.max(last?.version ?? 0, known);
        if (last?.version === newest && hash.equals(last.contentHash)) {
          return { version: last.version, body: last.body, signature: last.signature };
        }
        const version = newest + 1;
        const now = clock.now();
        const body = JSON.stringify(EdgeDocument.parse({ edgeId, version, issuedAt: now, ...content }));
        const signature = sign(null, Buffer.from(body), key).toString("base64");
        const made = { version, contentHash: hash, body, signature, issuedAt: new Date(now) };
        await tx
          .insert(edgeDocument)
          .values({ edgeId, ...made })
          .onConflictDoUpdate({ target: edgeDocument.edgeId, set: made });
        await tx.update(edge).set({ documentVersion: version }).where(eq(edge.id, edgeId));
        return { version, body, signature };
      });
    },
  };
}

type Content = Omit<EdgeDocument, "edgeId" | "version" | "issuedAt">;

async function contentOf(tx: Tx, edgeId: number): Promise<Content> {
  const sources = await tx
    .select()
    .from(source)
    .where(and(eq(source.edgeId, edgeId), eq(source.enabled, true)))
    .orderBy(asc(source.id));
  const rows = await tx
    .select({ tag, lineId: workUnit.lineId })
    .from(tag)
    .innerJoin(source, eq(source.id, tag.sourceId))
    .innerJoin(workUnit, eq(workUnit.id, tag.machineId))
    .where(and(eq(source.edgeId, edgeId), eq(source.enabled, true), eq(tag.enabled, true)))
    .orderBy(asc(tag.id));
  const machineIds = [...new Set(rows.map((row) => row.tag.machineId))];
  const machines = await tx
    .select()
    .from(workUnit)
    .where(inArray(workUnit.id, machineIds))
    .orderBy(asc(workUnit.id));
  const reflexes = await tx
    .select()
    .from(reflex)
    .where(and(inArray(reflex.machineId, machineIds), eq(reflex.enabled, true)))
    .orderBy(asc(reflex.id));
  const [queue] = await tx.select().from(setting).where(eq(setting.key, "edge_queue"));
  const tagOf = (machineId: number, meaning: string) =>
    rows.find((row) => row.tag.machineId === machineId && row.tag.meaning === meaning)?.tag.id ?? null;
  const own = new Set(rows.map((row) => row.tag.id));

  return {
    tags: rows.map(({ tag: row, lineId }) => edgeTagOf(row, lineId)),
    machines: machines.map((row) => ({
      id: row.id,
      code: row.code,
      remoteTagId: tagOf(row.id, "remote"),
      guardTagId: tagOf(row.id, "guard"),
      automationOff: row.automationOff,
      maintenanceLock: row.maintenanceLock !== null,
    })),
    sources: sources.map((row) => ({
      id: row.id,
      code: row.code,
      driver: row.driver,
      config: row.config as Record<string, unknown>,
      tokenHash: row.tokenHash === null ? null : Buffer.from(row.tokenHash).toString("hex"),
    })),
    // A reflex whose tag this edge does not read could never act, and would look as if it did.
    reflexes: reflexes
      .filter((row) => own.has(row.tagId) && (row.stop == null || own.has(row.stop.tagId)))
      .map((row) => ({
        id: row.id,
        version: row.version,
        machineId: row.machineId,
        tagId: row.tagId,
        condition: row.condition,
        action: row.action,
        stop: row.stop ?? null,
        riskAssessment: row.riskAssessment,
      })),
    ...defaultQueue,
    ...(queue?.value as Partial<typeof defaultQueue> | undefined),
  };
}

/** A tag as an edge must know it. */
export function edgeTagOf(row: typeof tag.$inferSelect, lineId: number): EdgeTag {
  return {
    id: row.id,
    sourceId: row.sourceId,
    machineId: row.machineId,
    lane: laneOf(lineId),
    metric: row.metric,
    meaning: row.meaning as EdgeTag["meaning"],
    datatype: row.datatype,
    unit: row.unit,
    scale: row.scale,
    shift: row.shift,
    deadband: row.deadband,
    maxSilenceMs: row.maxSilenceMs,
    expectedMs: row.expectedMs,
    aggregateMs: row.aggregateMs,
    low: row.low,
    high: row.high,
    ...(row.words == null ? {} : { words: row.words }),
    writable: row.writable ?? null,
  };
}
