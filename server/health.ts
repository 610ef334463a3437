import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Runner } from "./core/runner.ts";
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
  gateway: IngestGateway;
  lanes: Lanes;
  screens: Screens;
  runner: Runner;
  live: LiveCache;
}): Record<string, HealthPart> {
  const { db, gateway, lanes, screens, runner, live } = house;
  return {
    database: async () => {
      const [row] = await db.execute<{ version: string; bytes: number }>(
        sql`select current_setting('server_version') as version, pg_database_size(current_database())::float8 as bytes`,
      );
      return { ok: true, figures: { version: row?.version ?? "", bytes: row?.bytes ?? 0 } };
    },
    ingest: () => ({ ok: true, figures: { ...gateway.figures() } }),
    edges: () => {
      const edges = Object.entries(gateway.health());
      const figures: Record<string, number> = {};
      for (const [id, edge] of edges) {
        figures[`edge ${id} queue blocks`] = edge.queueBlocks;
        figures[`edge ${id} unacked readings`] = edge.unackedReadings;
        figures[`edge ${id} gaps`] = edge.gaps;
        figures[`edge ${id} dead letters`] = edge.deadLetters;
      }
      const heard = edges.every(([, edge]) => edge.sources.every((source) => source.connected));
      return { ok: edges.length > 0 && heard, figures: { connected: edges.length, ...figures } };
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
    live: () => ({ ok: true, figures: { tags: live.size } }),
  };
}
