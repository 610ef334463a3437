import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io as connect, type Socket } from "socket.io-client";
import type { Db } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { encodeEvents, encodeReadings } from "#server/edge/block.ts";
import type { DeadReading } from "#server/edge/block.contract.ts";
import {
  type BlockAnswer,
  type EdgeEvent,
  type EdgeToServer,
  ingestNamespace,
  type ServerToEdge,
} from "#server/edge/uplink.contract.ts";
import { createLiveCache, type LiveCache } from "../live/live-cache.ts";
import { createTagRegistry, type TagRegistry } from "../tags/tag-registry.ts";
import type { CommittedListener } from "./consumer-feed.ts";
import { createDocuments } from "./documents.ts";
import { createIngestGateway, type IngestGateway, type IngestGatewayDeps } from "./gateway.ts";

/** A small plant for tests: one line, one machine, one edge, one source. */
export interface TestPlant {
  readonly edgeId: number;
  readonly edgeCode: string;
  readonly token: string;
  readonly sourceId: number;
  readonly lineId: number;
  readonly machineId: number;
  /** Tag ids: numbers first, then one text and one boolean. */
  readonly numbers: readonly number[];
  readonly text: number;
  readonly boolean: number;
}

export async function makePlant(db: Db, name: string, numbers = 3): Promise<TestPlant> {
  const token = randomBytes(16).toString("hex");
  const [line] = await db
    .insert(equipment)
    .values({ level: "line", code: `line-${name}`, name })
    .returning();
  const lineId = line?.id ?? 0;
  const [machine] = await db
    .insert(workUnit)
    .values({ lineId, code: `press-${name}`, name, kind: "press", microStopMs: 1000, staleMs: 5000 })
    .returning();
  const machineId = machine?.id ?? 0;
  const tokenHash = createHash("sha256").update(token).digest();
  const [known] = await db
    .insert(edge)
    .values({ code: `edge-${name}`, name, tokenHash })
    .returning();
  const edgeId = known?.id ?? 0;
  const [from] = await db
    .insert(source)
    .values({ edgeId, code: `source-${name}`, driver: "test" })
    .returning();
  const sourceId = from?.id ?? 0;
  const base = { sourceId, machineId, maxSilenceMs: 25_000 };
  const tags = await db
    .insert(tag)
    .values([
      ...Array.from({ length: numbers }, (_, i) => ({
        ...base,
        metric: `m${i}`,
        name: `M ${i}`,
        meaning: "measurement",
        datatype: "number" as const,
      })),
      { ...base, metric: "state", name: "State", meaning: "state", datatype: "text" },
      { ...base, metric: "guard", name: "Guard", meaning: "guard", datatype: "boolean" },
    ])
    .returning({ id: tag.id });
  const ids = tags.map((row) => row.id);
  return {
    edgeId,
    edgeCode: `edge-${name}`,
    token,
    sourceId,
    lineId,
    machineId,
    numbers: ids.slice(0, numbers),
    text: ids[numbers] ?? 0,
    boolean: ids[numbers + 1] ?? 0,
  };
}

export interface TestReading {
  readonly tagId: number;
  readonly at: number;
  readonly value: number | string | null;
  readonly quality?: number;
}

/** A block as an edge would send it. */
export function block(options: {
  epoch: string;
  first: number;
  readings: readonly TestReading[];
  dead?: readonly DeadReading[];
  lane?: number;
  historical?: boolean;
}): Uint8Array {
  const { epoch, first, readings, dead = [], lane = 0, historical = false } = options;
  const at = readings[0]?.at ?? 0;
  return encodeReadings(
    { v: 1, kind: "readings", lane, epoch, first, count: readings.length, historical, edgeTime: at },
    {
      tagIds: Uint32Array.from(readings, (r) => r.tagId),
      sourceTs: Float64Array.from(readings, (r) => r.at),
      edgeTs: Float64Array.from(readings, (r) => r.at),
      num: Float64Array.from(readings, (r) => (typeof r.value === "number" ? r.value : Number.NaN)),
      txt: readings.map((r) => (typeof r.value === "string" ? r.value : null)),
      quality: Uint8Array.from(readings, (r) => r.quality ?? 0),
    },
    dead,
  );
}

export function eventBlock(options: {
  epoch: string;
  first: number;
  events: readonly EdgeEvent[];
  lane?: number;
}): Uint8Array {
  const { epoch, first, events, lane = 0 } = options;
  return encodeEvents(
    {
      v: 1,
      kind: "events",
      lane,
      epoch,
      first,
      count: events.length,
      historical: false,
      edgeTime: events[0]?.at ?? 0,
    },
    events,
  );
}

export const randomEpoch = (): string => randomBytes(8).toString("hex");

export type EdgeClient = Socket<ServerToEdge, EdgeToServer>;

export interface TestServer {
  readonly url: string;
  readonly gateway: IngestGateway;
  readonly live: LiveCache;
  readonly tags: TagRegistry;
  /** Ed25519 key whose other half signs documents. */
  readonly publicKey: KeyObject;
  /** Connects as this edge and waits for the welcome. */
  edge(
    plant: { edgeCode: string; token: string },
    documentVersion?: number,
  ): Promise<{
    socket: EdgeClient;
    welcome: Parameters<ServerToEdge["welcome"]>[0];
  }>;
  close(): Promise<void>;
}

export const nobodyListens: CommittedListener = { committed: () => {} };

/** A real socket.io server on a free port with the gateway on it. */
export async function startServer(
  db: Db,
  options: Partial<IngestGatewayDeps> & { maxHttpBufferSize?: number } = {},
): Promise<TestServer> {
  const http = createServer();
  const io = new Server(http, {
    transports: ["websocket"],
    maxHttpBufferSize: options.maxHttpBufferSize ?? 1_000_000,
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const clock = systemClock;
  const log = silentLogger;
  const live = createLiveCache();
  const tags = createTagRegistry({ db, clock, log });
  tags.onChange((all) => live.setTags(all));
  const documents = createDocuments({ db, clock, key: privateKey });
  const gateway = createIngestGateway({
    io,
    db,
    clock,
    log,
    live,
    tags,
    documents,
    lanes: nobodyListens,
    ...options,
  });
  const abort = new AbortController();
  await tags.start(abort.signal);
  await gateway.start(abort.signal);
  const clients: EdgeClient[] = [];
  return {
    url,
    gateway,
    live,
    tags,
    publicKey,
    async edge(plant, documentVersion = 0) {
      const socket: EdgeClient = connect(`${url}${ingestNamespace}`, {
        transports: ["websocket"],
        forceNew: true,
        reconnectionDelay: 50,
        auth: { edge: plant.edgeCode, token: plant.token, protocol: 1, documentVersion },
      });
      clients.push(socket);
      const welcome = await new Promise<Parameters<ServerToEdge["welcome"]>[0]>((resolve, reject) => {
        socket.once("welcome", resolve);
        socket.once("connect_error", reject);
      });
      return { socket, welcome };
    },
    async close() {
      for (const client of clients) client.disconnect();
      abort.abort();
      await gateway.stop();
      await tags.stop();
      await io.close();
      live.close();
    },
  };
}

/** Sends one block and waits for its answer. */
export function send(socket: EdgeClient, frame: Uint8Array): Promise<BlockAnswer> {
  return socket.timeout(20_000).emitWithAck("block", frame);
}

/**
 * Sends until it is acked, as an edge does: `busy` and lost connections are tried again, and `expect` means that a
 * block before this one was not taken yet.
 */
export async function deliver(socket: EdgeClient, frame: Uint8Array): Promise<BlockAnswer> {
  for (;;) {
    try {
      const answer = await socket.timeout(3000).emitWithAck("block", frame);
      if (answer.result === "acked" || answer.result === "refused") return answer;
      await systemClock.sleep(answer.result === "busy" ? answer.retryMs : 20);
    } catch {
      // No answer: what became of it is not known, so it is sent again.
    }
  }
}
