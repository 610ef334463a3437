import type { Namespace, Server, Socket } from "socket.io";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import {
  ActuationAnswer,
  type EdgeHealth,
  type EdgeToServer,
  ingestNamespace,
  type ServerToEdge,
} from "#server/edge/uplink.contract.ts";
import type { LiveCache } from "../live/live-cache.ts";
import { newestReadings } from "../live/live.queries.ts";
import type { TagRegistry } from "../tags/tag-registry.ts";
import { createBlockDesk } from "./block-desk.ts";
import type { Documents } from "./documents.ts";
import type { EdgeEye, EdgeLink } from "./edge-link.ts";
import { askEdge } from "./edge-ask.ts";
import { cursorsOf, restoredAt, tokenHashes } from "./gateway.queries.ts";
import { type AdmittedEdge, admitEdge } from "./handshake.ts";
import { createEdgeSession, type EdgeSession } from "./edge-session.ts";
import type { CommittedListener } from "./consumer-feed.ts";

export interface IngestGatewayDeps {
  readonly io: Server;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveCache;
  /** Hears of each committed batch; consumers go on from there. */
  readonly lanes: CommittedListener;
  readonly documents: Documents;
  readonly tags: TagRegistry;
  /** After this long a block is answered `busy`, ms. */
  readonly deadlineMs?: number;
  /** Bytes of unanswered blocks of all edges together. */
  readonly inFlightBytes?: number;
  /** Calls in the database at once. */
  readonly concurrency?: number;
  /** How often a connected edge's document is compared with what the database says now, ms. */
  readonly documentEveryMs?: number;
}

export interface GatewayFigures {
  readonly edges: number;
  readonly blocks: number;
  readonly readings: number;
  readonly busy: number;
  readonly refused: number;
  readonly errors: number;
  readonly inFlightBytes: number;
  readonly inFlightLimitBytes: number;
  readonly queuedBlocks: number;
}

export interface IngestGateway extends Service, EdgeLink, EdgeEye {
  figures(): GatewayFigures;
}

/** How long after a restore edges are asked to send again what they still have: their replay window and a bit. */
const rewindWindowMs = 25 * 3_600_000;

type EdgeSocket = Socket<EdgeToServer, ServerToEdge, Record<never, never>, { edge: AdmittedEdge }>;

/**
 * Where edges deliver. Owns the namespace `/ingest`: who may connect, what they are told first, their blocks, and
 * the way back to their machines. An edge has one connection; a newer one replaces it.
 */
export function createIngestGateway(deps: IngestGatewayDeps): IngestGateway {
  const { db, clock, log, documents } = deps;
  const abort = new AbortController();
  const sessions = new Map<number, EdgeSession>();
  const desk = createBlockDesk({ ...deps, connected: () => sessions.size });
  let namespace:
    | Namespace<EdgeToServer, ServerToEdge, Record<never, never>, { edge: AdmittedEdge }>
    | undefined;
  let loop: Promise<void> | undefined;

  function welcome(socket: EdgeSocket): void {
    const { edge } = socket.data;
    const session = createEdgeSession({ socket, edge, db, clock, log, desk });
    sessions.get(edge.id)?.replace();
    sessions.set(edge.id, session);
    log.info({ edge: edge.code }, "edge connected");
    socket.on("disconnect", (reason) => {
      session.seen(true);
      if (sessions.get(edge.id) !== session) return;
      sessions.delete(edge.id);
      log.warn({ edge: edge.code, reason }, "edge disconnected");
    });
    void greet(socket, session).catch((error: unknown) => {
      log.warn({ err: error, edge: edge.code }, "edge could not be greeted");
      session.drop();
    });
  }

  async function greet(socket: EdgeSocket, session: EdgeSession): Promise<void> {
    const cursors = await cursorsOf(db, session.edge.id);
    const now = clock.now();
    socket.emit("welcome", { now, cursors });
    const restored = await restoredAt(db);
    // Cursors that are not behind make the edge send nothing, so asking twice does no harm.
    if (restored !== null && now - restored < rewindWindowMs) socket.emit("rewind", cursors);
    await offerDocument(session);
  }

  async function offerDocument(session: EdgeSession): Promise<void> {
    const document = await documents.current(session.edge.id, session.documentVersion);
    if (document === null || document.version === session.documentVersion) return;
    // A new tag is known here before the edge hears of it: else its first reading would be passed over.
    await deps.tags.refresh();
    session.documentVersion = document.version;
    session.socket.emit("document", { body: document.body, signature: document.signature });
    log.info({ edge: session.edge.code, version: document.version }, "document sent");
  }

  /** An edge whose token is no longer its own is cut, and turned away when it comes back. */
  async function dropRevoked(): Promise<void> {
    if (sessions.size === 0) return;
    const hashes = await tokenHashes(db, [...sessions.keys()]);
    for (const [id, session] of sessions) {
      if (hashes.get(id) === session.edge.tokenHash) continue;
      log.warn({ edge: session.edge.code }, "edge may no longer connect");
      session.replace();
    }
  }

  async function watchDocuments(): Promise<void> {
    while (!abort.signal.aborted) {
      await clock.sleep(deps.documentEveryMs ?? 5000, abort.signal);
      await dropRevoked().catch((error: unknown) => log.warn({ err: error }, "edges could not be checked"));
      for (const session of sessions.values()) {
        await offerDocument(session).catch((error: unknown) =>
          log.warn({ err: error, edge: session.edge.code }, "document could not be made"),
        );
      }
    }
  }

  return {
    name: "ingest",
    start() {
      namespace = deps.io.of(ingestNamespace);
      namespace.use((socket, next) => {
        admitEdge(db, socket.handshake.auth).then(
          (edge) => {
            if (edge === null) return next(new Error("unauthorised"));
            socket.data.edge = edge;
            next();
          },
          (error: unknown) => {
            log.warn({ err: error }, "edge not admitted: the database is away");
            next(new Error("busy"));
          },
        );
      });
      namespace.on("connection", welcome);
      // Until the next reading of a quiet tag comes, screens show what is stored. What came live meanwhile stays.
      newestReadings(db, clock.now()).then(
        (samples) => deps.live.accept(samples),
        (error: unknown) => log.warn({ err: error }, "live values begin empty"),
      );
      loop = watchDocuments();
    },
    async stop() {
      abort.abort();
      namespace?.removeAllListeners();
      for (const session of sessions.values()) session.drop();
      sessions.clear();
      await loop;
      await desk.idle();
    },
    online: (edgeId) => sessions.get(edgeId)?.socket.connected ?? false,
    async actuate(edgeId, actuation, timeoutMs) {
      const socket = sessions.get(edgeId)?.socket;
      const said = (result: "refused" | "unknown", reason: string): ActuationAnswer => ({
        id: actuation.id,
        result,
        reason,
        readBack: null,
        at: clock.now(),
      });
      if (socket === undefined || !socket.connected) return said("refused", "edge_away");
      try {
        const answer: unknown = await socket.timeout(timeoutMs).emitWithAck("actuate", actuation);
        const parsed = ActuationAnswer.safeParse(answer);
        if (parsed.success && parsed.data.id === actuation.id) return parsed.data;
        return said("unknown", "unreadable_answer");
      } catch {
        return said("unknown", "no_answer");
      }
    },
    async sendDocument(edgeId) {
      const session = sessions.get(edgeId);
      if (session !== undefined) await offerDocument(session);
    },
    health() {
      const all: Record<number, EdgeHealth> = {};
      for (const [id, { health }] of sessions) if (health !== null) all[id] = health;
      return all;
    },
    rates: () => new Map([...sessions.values()].flatMap(({ rates }) => [...rates])),
    probe: (edgeId, ask) => askEdge(sessions.get(edgeId), "probe", ask),
    peek: (edgeId, sourceId) => askEdge(sessions.get(edgeId), "peek", { sourceId }),
    figures: () => ({ edges: sessions.size, ...desk.figures() }),
  };
}
