import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { workUnit } from "#db/schema/execution/plant.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import type { TagMeaning } from "#server/device/tag.contract.ts";
import { laneOf } from "../ingest/epoch.rules.ts";

/** A tag with where it comes from and where it goes. */
export interface KnownTag {
  readonly id: number;
  readonly edgeId: number;
  readonly sourceId: number;
  readonly machineId: number;
  readonly lineId: number;
  readonly lane: number;
  readonly metric: string;
  readonly meaning: TagMeaning;
  readonly datatype: "number" | "text" | "boolean";
}

/** The tags of the plant in memory, read again when they may have changed. */
export interface TagRegistry extends Service {
  /** Raised whenever the tags changed. */
  readonly version: number;
  all(): readonly KnownTag[];
  get(tagId: number): KnownTag | undefined;
  /** Reads the tags now; called after a change, and every few seconds for changes of other processes. */
  refresh(): Promise<void>;
  onChange(listener: (tags: readonly KnownTag[]) => void): () => void;
}

export interface TagRegistryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly everyMs?: number;
}

export function createTagRegistry(deps: TagRegistryDeps): TagRegistry {
  const { db, clock, log, everyMs = 3000 } = deps;
  const abort = new AbortController();
  const listeners = new Set<(tags: readonly KnownTag[]) => void>();
  let loop: Promise<void> | undefined;
  let version = 0;
  let fingerprint = "";
  let tags: readonly KnownTag[] = [];
  let byId = new Map<number, KnownTag>();

  async function refresh(): Promise<void> {
    const rows = await db
      .select({
        id: tag.id,
        edgeId: source.edgeId,
        sourceId: tag.sourceId,
        machineId: tag.machineId,
        lineId: workUnit.lineId,
        metric: tag.metric,
        meaning: tag.meaning,
        datatype: tag.datatype,
      })
      .from(tag)
      .innerJoin(source, eq(source.id, tag.sourceId))
      .innerJoin(workUnit, eq(workUnit.id, tag.machineId))
      .orderBy(tag.id);
    const print = JSON.stringify(rows);
    if (print === fingerprint) return;
    fingerprint = print;
    tags = rows.map((row) => ({ ...row, meaning: row.meaning as TagMeaning, lane: laneOf(row.lineId) }));
    byId = new Map(tags.map((known) => [known.id, known]));
    version += 1;
    for (const listener of listeners) listener(tags);
  }

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      await clock.sleep(everyMs, abort.signal);
      if (abort.signal.aborted) return;
      await refresh().catch((error: unknown) => log.warn({ err: error }, "tags could not be read again"));
    }
  }

  return {
    name: "tags",
    get version() {
      return version;
    },
    all: () => tags,
    get: (tagId) => byId.get(tagId),
    refresh,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      await refresh();
      loop = run();
    },
    async stop() {
      abort.abort();
      await loop;
    },
  };
}
