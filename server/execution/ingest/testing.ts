import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { asc, eq } from "drizzle-orm";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import type { Db } from "#db/client.ts";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { deadLetter, reading } from "#db/schema/edge/ingest.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { testDb } from "#db/testing.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { ingestNamespace, type ServerToEdge } from "#server/edge/uplink.contract.ts";
import { createLiveCache, type LiveCache } from "../live/live-cache.ts";
import { createTagRegistry, type TagRegistry } from "../tags/tag-registry.ts";
import type { CommittedListener } from "./consumer-feed.ts";
import { createDocuments } from "./documents.ts";
import { createIngestGateway, type IngestGateway, type IngestGatewayDeps } from "./gateway.ts";
import type { EdgeClient, TestReading } from "./testing-blocks.ts";

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

/** Where a test of the way in begins: a database of its own, a small plant in it, and the gateway before both. */
export interface TestIngest {
  readonly db: Db;
  /** For connections beside the pool. */
  readonly url: string;
  readonly plant: TestPlant;
  readonly server: TestServer;
  /** Connects as the plant's edge and waits for the welcome. */
  edge(documentVersion?: number): ReturnType<TestServer["edge"]>;
  /** What the plant's first number was at a time. */
  value(at: number, value: number): TestReading;
  /** What is stored, in the order of its queue. */
  readingsOf(of: { epoch: string } | { tagId: number }): Promise<(typeof reading.$inferSelect)[]>;
  numbersOf(of: { epoch: string } | { tagId: number }): Promise<(number | null)[]>;
  /** What could not be stored, in the order of its queue. */
  lettersOf(epoch: string): Promise<(typeof deadLetter.$inferSelect)[]>;
  close(): Promise<void>;
}

/** @param name stands in the plant's codes: `edge-<name>`, `press-<name>` */
export async function testIngest(
  name: string,
  options: Parameters<typeof startServer>[1] = {},
): Promise<TestIngest> {
  const { db, url, close } = await testDb();
  const plant = await makePlant(db, name);
  const server = await startServer(db, options);
  const readingsOf: TestIngest["readingsOf"] = (of) =>
    db
      .select()
      .from(reading)
      .where("epoch" in of ? eq(reading.epoch, of.epoch) : eq(reading.tagId, of.tagId))
      .orderBy(asc(reading.seq));
  return {
    db,
    url,
    plant,
    server,
    edge: (documentVersion) => server.edge(plant, documentVersion),
    value: (at, value) => ({ tagId: plant.numbers[0] ?? 0, at, value }),
    readingsOf,
    numbersOf: async (of) => (await readingsOf(of)).map((row) => row.num),
    lettersOf: (epoch) =>
      db.select().from(deadLetter).where(eq(deadLetter.epoch, epoch)).orderBy(asc(deadLetter.seq)),
    async close() {
      await server.close();
      await close();
    },
  };
}
