import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { openDb } from "#db/client.ts";
import { systemClock } from "./core/clock.ts";
import { parseConfig } from "./core/config.ts";
import { createLogger } from "./core/log.ts";
import { createRunner } from "./core/runner.ts";
import { type Service, startServices } from "./core/services.ts";
import { createDemoServices } from "./demo/services.ts";
import { createDispatcher } from "./execution/adjustments/dispatcher.ts";
import { raiseParkedAlarm } from "./execution/alarms/alarms.reactions.ts";
import { createConsumers } from "./execution/consumers.ts";
import type { EdgeEye } from "./execution/ingest/edge-link.ts";
import { loadDocumentKey } from "./execution/ingest/document-key.ts";
import { createDocuments } from "./execution/ingest/documents.ts";
import { createIngestGateway } from "./execution/ingest/gateway.ts";
import { createLanes } from "./execution/ingest/lanes.ts";
import { createLiveCache } from "./execution/live/live-cache.ts";
import { createRollups } from "./execution/rollups/rollup-consumer.ts";
import { createTagRegistry } from "./execution/tags/tag-registry.ts";
import { createApi } from "./http/api.ts";
import { createAuth } from "./http/auth.ts";
import { createDoor } from "./http/door.ts";
import { createMetrics } from "./http/metrics.ts";
import { createHostList } from "./http/hosts.ts";
import { cutEndedSockets, identityOfHandshake } from "./http/sockets.ts";
import { type HealthPart, healthParts } from "./health.ts";
import { reactions, routes, schedules } from "./features.ts";
import { askParts } from "./http/routes/health.ts";
import { makeBundle } from "./support/bundle.ts";
import { createScreens } from "./realtime/screens.ts";

/** What the launcher adds to the settings (see server/launcher/environment.ts). */
const ServerEnvironment = z.object({
  DATABASE_URL: z.string(),
  SECRETS_DIR: z.string(),
  WEB_ORIGIN: z.url(),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TLS_CA: z.string().optional(),
  BUILD_ID: z.string().default("unbuilt"),
  NODE_ENV: z.string().default("production"),
  PLANT_CONTROL_PORT: z.coerce.number().int().optional(),
});

const env = process.env; // oxlint-disable-line node/no-process-env -- parsed here, once
const config = parseConfig(env);
const own = ServerEnvironment.parse(env);
const clock = systemClock;
const log = createLogger("server", config.LOG_LEVEL);
const secret = async (name: string) => (await readFile(join(own.SECRETS_DIR, name), "utf8")).trim();
const text = (path: string | undefined) => (path === undefined ? null : readFile(path, "utf8"));

// Three pools, so that a slow report never makes ingest or a consumer wait for a connection.
const db = openDb({ url: own.DATABASE_URL, name: "server", max: 10 });
const ingestDb = openDb({ url: own.DATABASE_URL, name: "ingest", max: 5 });
const lanesDb = openDb({ url: own.DATABASE_URL, name: "lanes", max: 5, statementTimeoutMs: 60_000 });

const pepper = await secret("pin-pepper");
const auth = createAuth({ secret: await secret("session-secret"), pepper }, db);
const documentKey = await loadDocumentKey(join(own.SECRETS_DIR, "document-key.pem"));
const documents = createDocuments({ db: ingestDb, clock, key: documentKey });
const tags = createTagRegistry({ db: ingestDb, clock, log });
const live = createLiveCache();
tags.onChange((known) => live.setTags(known));

const consumers = createConsumers();
const ranges = [createRollups()];
const readers = [...consumers, ...ranges].map(({ name }) => name);
const lanes = createLanes({
  db: lanesDb,
  clock,
  log,
  tags,
  consumers,
  ranges,
  owner: "server",
});
const [cert, key, ca] = await Promise.all([text(own.TLS_CERT), text(own.TLS_KEY), text(own.TLS_CA)]);
const runner = createRunner({
  db,
  clock,
  log,
  reactions: reactions(auth),
  schedules: schedules(auth, { dataDir: config.DATA_DIR, readers }),
  onParked: raiseParkedAlarm,
});
// The gateway hangs on the door, and the door on the API: it is there before anybody can ask.
const edges: EdgeEye = {
  health: () => gateway.health(),
  rates: () => gateway.rates(),
  probe: (edgeId, ask) => gateway.probe(edgeId, ask),
  peek: (edgeId, sourceId) => gateway.peek(edgeId, sourceId),
};
const metrics = createMetrics();
// Filled below: health tells of parts that need the door first.
const parts: Record<string, HealthPart> = {};
/** The support bundle as a button of the house page makes it, from inside. */
const support = () =>
  makeBundle({
    db,
    clock,
    env,
    houseDir: config.DATA_DIR,
    logsDir: join(config.DATA_DIR, "logs"),
    secretDirs: [own.SECRETS_DIR, ...(own.TLS_KEY === undefined ? [] : [dirname(own.TLS_KEY)])],
    health: async () =>
      JSON.stringify({ versions: versions(), parts: await askParts(parts, clock) }, null, 2),
    metrics: async () => (await metrics.text(parts, clock)).text,
  });
const api = createApi({
  db,
  clock,
  log,
  auth,
  version: "1",
  routes: routes({
    pepper,
    health: { parts, versions: versions() },
    readers,
    support,
    sources: {
      edges,
      publicKey: createPublicKey(documentKey).export({ type: "spki", format: "pem" }).toString(),
    },
  }),
});
const door = createDoor({
  httpPort: config.PORT,
  httpsPort: config.HTTPS_PORT,
  certificate: cert === null || key === null ? null : { cert, key },
  ca,
  api,
  web: own.WEB_ORIGIN,
  hosts: createHostList(config.HOSTS),
  dev: own.NODE_ENV === "development",
  log,
  metrics: {
    token: await secret("metrics-token"),
    served: metrics.served,
    text: () => metrics.text(parts, clock),
  },
});
metrics.watchSockets(() => door.io.engine.clientsCount);
const gateway = createIngestGateway({ io: door.io, db: ingestDb, clock, log, live, lanes, documents, tags });
const screens = createScreens({
  io: door.io,
  db,
  clock,
  log,
  live,
  actorFromHandshake: (handshake) => identityOfHandshake(auth, handshake),
  build: own.BUILD_ID,
});
const dispatcher = createDispatcher({ db, clock, log, edgeLink: gateway });
Object.assign(
  parts,
  healthParts({
    db,
    clock,
    gateway,
    lanes,
    screens,
    runner,
    live,
    pools: { server: db, ingest: ingestDb, lanes: lanesDb },
  }),
);
cutEndedSockets(door.io, auth);

/** Orders that flow and a past, for the demo only; nothing else here knows that there is one. */
const demo =
  config.DEMO && own.PLANT_CONTROL_PORT !== undefined
    ? createDemoServices({
        db,
        clock,
        log,
        speed: config.DEMO_SPEED,
        dataDir: config.DATA_DIR,
        port: config.PORT,
        controlPort: own.PLANT_CONTROL_PORT,
        devicePort: config.DEVICE_PORT,
        opcUaPort: config.OPCUA_PORT,
      })
    : [];

/** A part runs if its role is among ROLES; sockets hang on the door before it opens. */
const services: Service[] = [
  tags,
  ...(config.roles.has("lanes") ? [lanes] : []),
  ...(config.roles.has("ingest") ? [gateway] : []),
  ...(config.roles.has("screens") ? [screens] : []),
  ...(config.roles.has("runner") ? [runner, dispatcher, ...demo] : []),
  ...(config.roles.has("door") ? [door] : []),
];
const stop = await startServices(services, log);

let stopping = false;
async function end(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "stopping");
  await stop();
  await Promise.all([db, ingestDb, lanesDb].map((pool) => pool.$client.end({ timeout: 2 })));
  process.exit(0);
}
process.on("SIGTERM", (signal) => void end(signal));
process.on("SIGINT", (signal) => void end(signal));

function versions(): Record<string, string> {
  return { node: process.version, build: own.BUILD_ID };
}
