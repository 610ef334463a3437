import { handEdgeCode } from "../manual/manual.contract.ts";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { EdgeHealth } from "#server/edge/uplink.contract.ts";
import type { GatewayFigures, IngestGateway } from "./gateway.ts";
import type { Lanes, LanesFigures } from "./lanes.ts";

export interface IngestHealth {
  readonly gateway: GatewayFigures;
  readonly lanes: LanesFigures;
  /** What edges say of themselves, by edge id. */
  readonly edges: Readonly<Record<number, EdgeHealth>>;
  /** Known edges that are not connected, by code. */
  readonly edgesAway: readonly string[];
  readonly deadLettersOpen: number;
  readonly gapsOfLastDay: number;
  readonly parkedReadings: number;
  /** ms since the newest batch; null = nothing was ever ingested. */
  readonly newestBatchAgeMs: number | null;
  /** Queues of edges that moved in the last hour, and how far each consumer is behind in them, in readings. */
  readonly cursors: readonly {
    readonly stream: number;
    readonly lane: number;
    readonly kind: string;
    readonly acked: number;
    readonly historical: boolean;
  }[];
}

/** How ingest is: lag, queues, cursors, dead letters, gaps, edges. */
export async function ingestHealth(deps: {
  db: Db;
  gateway: IngestGateway;
  lanes: Lanes;
  now: number;
}): Promise<IngestHealth> {
  const { db, gateway, lanes, now } = deps;
  const [counts] = await db.execute<{
    dead: number;
    gaps: number;
    parked: number;
    newest: number | null;
  }>(sql`
    select (select count(*) from dead_letter where state = 'open')::int as dead,
      (select count(*) from gap where recorded_at > to_timestamp(${now / 1000}) - interval '1 day')::int as gaps,
      (select count(*) from parked_reading)::int as parked,
      (select (extract(epoch from max(updated_at)) * 1000)::float8 from ingest_cursor) as newest`);
  const cursors = await db.execute<IngestHealth["cursors"][number] & Record<string, unknown>>(sql`
    select c.stream_id as stream, s.lane, c.kind, c.acked_seq::float8 as acked, c.historical
    from ingest_cursor c join stream s on s.id = c.stream_id
    where c.updated_at > to_timestamp(${now / 1000}) - interval '1 hour'
    order by c.updated_at desc limit 200`);
  const known = await db.execute<{ id: number; code: string }>(
    sql`select id, code from edge where code <> ${handEdgeCode} order by code`,
  );
  return {
    gateway: gateway.figures(),
    lanes: lanes.figures(),
    edges: gateway.health(),
    edgesAway: known.filter(({ id }) => !gateway.online(id)).map(({ code }) => code),
    deadLettersOpen: counts?.dead ?? 0,
    gapsOfLastDay: counts?.gaps ?? 0,
    parkedReadings: counts?.parked ?? 0,
    newestBatchAgeMs: counts?.newest == null ? null : now - counts.newest,
    cursors: [...cursors],
  };
}
