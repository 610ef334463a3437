import { randomUUID } from "node:crypto";
import type { Socket } from "socket.io";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import { publish } from "#server/core/facts.ts";
import type { Logger } from "#server/core/log.ts";
import {
  type BlockAnswer,
  EdgeHealth,
  type EdgeToServer,
  type ServerToEdge,
  UnknownMetric,
} from "#server/edge/uplink.contract.ts";
import { messageRates } from "../sources/health.rules.ts";
import type { BlockDesk } from "./block-desk.ts";
import { keepUnknownMetrics, touchEdge } from "./gateway.queries.ts";
import type { AdmittedEdge } from "./handshake.ts";
import { metricDiscoveredFact } from "./ingest.facts.ts";

type EdgeSocket = Socket<EdgeToServer, ServerToEdge, Record<never, never>, { edge: AdmittedEdge }>;

/** One connected edge. */
export interface EdgeSession {
  readonly id: string;
  readonly edge: AdmittedEdge;
  readonly socket: EdgeSocket;
  /** What it last said of itself. */
  readonly health: EdgeHealth | null;
  /** Messages a second of its sources between the last two healths, by source id. */
  readonly rates: ReadonlyMap<number, number>;
  /** Version of the document it has, or was sent. */
  documentVersion: number;
  /** Notes in the database that the edge lives, now and then or `always`. */
  seen(always?: boolean): void;
  /** Ends the connection; the edge connects again by its own back-off. */
  drop(): void;
  /** Ends it for good: a newer connection of the same edge is there. */
  replace(): void;
}

const UnknownMetrics = z.array(UnknownMetric).max(2000);
const seenEveryMs = 10_000;

export function createEdgeSession(deps: {
  socket: EdgeSocket;
  edge: AdmittedEdge;
  db: Db;
  clock: Clock;
  log: Logger;
  desk: BlockDesk;
}): EdgeSession {
  const { socket, edge, db, clock, log, desk } = deps;
  let health: EdgeHealth | null = null;
  let rates: ReadonlyMap<number, number> = new Map();
  let seenAt = Number.NEGATIVE_INFINITY;

  function seen(always = false): void {
    const now = clock.monotonic();
    if (!always && now - seenAt < seenEveryMs) return;
    seenAt = now;
    touchEdge(db, edge.id, clock.now()).catch((error: unknown) =>
      log.debug({ err: error }, "last seen not noted"),
    );
  }

  async function keepMetrics(given: unknown): Promise<void> {
    const parsed = UnknownMetrics.safeParse(given);
    if (!parsed.success) return log.warn({ edge: edge.code }, "unknown metrics could not be read");
    const now = clock.now();
    const clean = parsed.data.filter(({ metric }) => !/\p{Cc}|\p{Cs}/u.test(metric));
    const fresh = await keepUnknownMetrics(db, edge.id, clean, now);
    if (fresh.size === 0) return;
    await db.transaction(async (tx) => {
      for (const [sourceId, metrics] of fresh) {
        await publish(tx, metricDiscoveredFact, "plant", { sourceId, metrics }, now);
      }
    });
  }

  // What comes over the wire is of any shape, whatever the types say.
  socket.on("block", (frame: unknown, answer: unknown) => {
    seen();
    if (typeof answer !== "function") return;
    desk.receive(edge, frame, answer as (answer: BlockAnswer) => void);
  });
  socket.on("unknown_metrics", (metrics: unknown, answer: unknown) => {
    keepMetrics(metrics).then(
      () => {
        if (typeof answer === "function") answer();
      },
      // Not answered: the edge says it again.
      (error: unknown) => log.warn({ err: error, edge: edge.code }, "unknown metrics not kept"),
    );
  });
  socket.on("health", (given: unknown) => {
    const parsed = EdgeHealth.safeParse(given);
    if (!parsed.success) return;
    rates = messageRates(health, parsed.data);
    health = parsed.data;
    seen();
  });
  seen(true);

  return {
    id: randomUUID(),
    edge,
    socket,
    get health() {
      return health;
    },
    get rates() {
      return rates;
    },
    documentVersion: edge.documentVersion,
    seen,
    // A client that was disconnected by the server on purpose does not come back by itself; this one shall.
    drop: () => socket.conn.close(),
    replace: () => void socket.disconnect(true),
  };
}
