import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { poolFigures } from "#db/pool.ts";
import type { Clock } from "./core/clock.ts";
import type { Runner } from "./core/runner.ts";
import { backupFacts, readSpace } from "./execution/house/house.queries.ts";
import { isOld } from "./execution/house/backup.rules.ts";
import { ingestHealth } from "./execution/ingest/health.queries.ts";
import type { IngestGateway } from "./execution/ingest/gateway.ts";
import type { Lanes } from "./execution/ingest/lanes.ts";
import type { LiveCache } from "./execution/live/live-cache.ts";
import type { PartHealth } from "./http/health.contract.ts";
import type { Screens } from "./realtime/screens.ts";

/** A consumer this many readings behind, or a reaction this many facts, is not well. */
const behindReadings = 50_000;
const behindFacts = 1000;

export type HealthPart = () => PartHealth | Promise<PartHealth>;

/** How each part of this process is, with the figure of each bound it has. */
export function healthParts(house: {
  db: Db;
  clock: Clock;
  gateway: IngestGateway;
  lanes: Lanes;
  screens: Screens;
  runner: Runner;
  live: LiveCache;
  /** Every pool of connections of this process, by name. */
  pools: Readonly<Record<string, Db>>;
}): Record<string, HealthPart> {
  const { db, clock, gateway, lanes, screens, runner, live, pools } = house;
  return {
    database: async () => {
      const [row] = await db.execute<{ version: string; bytes: number }>(
        sql`select current_setting('server_version') as version, pg_database_size(current_database())::float8 as bytes`,
      );
      return { ok: true, figures: { version: row?.version ?? "", bytes: row?.bytes ?? 0 } };
    },
    ingest: async () => {
      const { gateway: figures, ...rest } = await ingestHealth({ db, gateway, lanes, now: clock.now() });
      const { deadLettersOpen, gapsOfLastDay, parkedReadings, newestBatchAgeMs } = rest;
      return {
        ok: parkedReadings === 0,
        figures: { ...figures, deadLettersOpen, gapsOfLastDay, parkedReadings, newestBatchAgeMs },
      };
    },
    edges: async () => {
      const { edges, edgesAway } = await ingestHealth({ db, gateway, lanes, now: clock.now() });
      const figures: Record<string, number | string> = { away: edgesAway.join(", ") };
      for (const [id, edge] of Object.entries(edges)) {
        figures[`edge ${id} version`] = edge.version;
        figures[`edge ${id} queue blocks`] = edge.queueBlocks;
        figures[`edge ${id} queue bytes`] = edge.queueBytes;
        figures[`edge ${id} unacked readings`] = edge.unackedReadings;
        figures[`edge ${id} gaps`] = edge.gaps;
        figures[`edge ${id} dead letters`] = edge.deadLetters;
      }
      const heard = Object.values(edges).every((edge) => edge.sources.every((source) => source.connected));
      return { ok: edgesAway.length === 0 && heard, figures };
    },
    consumers: () => {
      const { consumers, inMemory } = lanes.figures();
      const figures: Record<string, number | null> = { "readings in memory": inMemory };
      for (const [name, one] of Object.entries(consumers)) {
        figures[`${name} behind`] = one.behind;
        figures[`${name} lag ms`] = Math.round(one.lagMs);
        if (one.parked > 0) figures[`${name} parked`] = one.parked;
      }
      return { ok: Object.values(consumers).every((one) => (one.behind ?? 0) < behindReadings), figures };
    },
    runner: async () => {
      const lag = await runner.lag();
      return { ok: Object.values(lag).every((facts) => facts < behindFacts), figures: lag };
    },
    screens: () => {
      const { cut, ...figures } = screens.metrics();
      return { ok: true, figures: { ...figures, cut: Object.values(cut).reduce((a, b) => a + b, 0) } };
    },
    outbox: async () => {
      const [row] = await db.execute<{ parked: number; newest: number | null }>(sql`
        select (select count(*) from parked_fact)::int as parked,
          (select (extract(epoch from at) * 1000)::float8 from fact order by id desc limit 1) as newest`);
      const backlog = Math.max(0, ...Object.values(await runner.lag()));
      const newestFactAgeMs = row?.newest == null ? null : clock.now() - row.newest;
      return { ok: true, figures: { backlog, parkedFacts: row?.parked ?? 0, newestFactAgeMs } };
    },
    pools: () => {
      const figures: Record<string, number> = {};
      for (const [name, pool] of Object.entries(pools))
        for (const [figure, value] of Object.entries(poolFigures(pool.$client) ?? {}))
          figures[`${name} ${figure}`] = value;
      return { ok: true, figures };
    },
    house: async () => {
      const now = clock.now();
      const backups = await backupFacts(db, now);
      const space = await readSpace(db);
      const { lastGoodAt, lastFailure } = backups;
      return {
        ok: lastFailure === null && !isOld(backups) && !space.short,
        figures: {
          lastGoodBackupAgeMs: lastGoodAt === null ? null : now - lastGoodAt,
          backupFailed: lastFailure !== null,
          "disk free bytes": space.now?.freeBytes ?? null,
          "disk total bytes": space.now?.totalBytes ?? null,
          "disk days left": space.left.kind === "days" ? space.left.days : null,
        },
      };
    },
    live: () => ({ ok: true, figures: { tags: live.size } }),
  };
}
