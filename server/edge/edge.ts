import { access, constants, mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { MqttConfig } from "#server/device/mqtt/mqtt.contract.ts";
import { EdgeFiles } from "#server/device/edge-files.ts";
import { ActuationStore } from "./actuation-store.ts";
import { Actuator } from "./actuate.ts";
import { type EdgeBroker, createBroker, type PlainSource } from "./broker.ts";
import { CheckedClock } from "./checked-clock.ts";
import { createDeviceListener, type DeviceListener } from "./device-listener.ts";
import { createDriver, type DriverSetting } from "./drivers.ts";
import type { EdgeDocument } from "./document.contract.ts";
import { DocumentStore } from "./document.ts";
import { createProbe } from "./probe.ts";
import { Queue } from "./queue.ts";
import { Reflexes } from "./reflexes.ts";
import { Sources } from "./sources.ts";
import { TagBook } from "./tag-book.ts";
import { UnknownMetrics } from "./unknown-metrics.ts";
import { Uplink } from "./uplink.ts";
import type { EdgeHealth } from "./uplink.contract.ts";
import { LatestValues } from "./values.ts";

export interface EdgeOptions {
  readonly code: string;
  readonly token: string;
  /** The server's public key, SPKI PEM. */
  readonly publicKey: string;
  readonly serverUrl: string;
  readonly serverCa: string | null;
  readonly folder: string;
  readonly mqttPort: number;
  /** The plant's own broker; null = the edge brings one. */
  readonly mqttUrl: string | null;
  readonly devicePort: number;
  /** Address on which machines reach broker and listener; left out = this computer only. */
  readonly deviceHost?: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Edge {
  /** In the order in which they are started. */
  readonly services: readonly Service[];
  readonly broker: EdgeBroker | null;
  readonly devices: DeviceListener;
  readonly uplink: Uplink;
  health(): EdgeHealth;
}

/** Room for the queue until a document says how much. */
const usualQueue = { queueBytes: 2 * 1024 ** 3, replayMs: 86_400_000 };
const housekeepingMs = 10_000;
const clockTickMs = 1000;
/** Of its file system the queue takes at most this share. */
const diskShare = 0.8;

/**
 * Puts an edge together (design §1, §4, §5). Opening its stores is part of it; nothing runs before the services start.
 * @throws Error with one clear sentence when the folder cannot be written or another edge holds it.
 */
export async function createEdge(options: EdgeOptions): Promise<Edge> {
  const { folder, log } = options;
  await writable(folder);
  const clock = new CheckedClock(options.clock);
  const documents = new DocumentStore(join(folder, "document.json"), options.publicKey, log);
  const loaded = await documents.load();
  const limits = { disk: (await diskBytes(folder)) * diskShare };
  const settings = () => documents.current ?? usualQueue;
  const queue = await Queue.open({
    location: join(folder, "queue"),
    clock,
    log,
    capBytes: () => Math.min(settings().queueBytes, limits.disk),
    replayMs: () => settings().replayMs,
  });
  const store = await ActuationStore.open(join(folder, "actuations"), clock.now());
  const book = new TagBook();
  const values = new LatestValues(clock);
  const unknown = new UnknownMetrics();
  const broker =
    options.mqttUrl === null
      ? createBroker({
          port: options.mqttPort,
          ...(options.deviceHost !== undefined && { host: options.deviceHost }),
          log,
          nodePassword: (node) => passwordOf(documents.current, node),
          plainSource: (code) => plainSourceOf(documents.current, code),
        })
      : null;
  const devices = createDeviceListener(options.devicePort, options.deviceHost);
  const setting: DriverSetting = {
    clock,
    log,
    code: options.code,
    mqttUrl: () => options.mqttUrl ?? broker?.url ?? "",
    devices: devices.io,
    files: new EdgeFiles(join(folder, "files")),
    folder,
    recordings: join(folder, "recordings"),
  };
  const reflexes = new Reflexes({
    clock,
    log,
    write: (tagId, value) => sources.write(tagId, value),
    journal: ({ machineId, tagId }, at, data) => {
      const sourceId = book.tag(tagId)?.sourceId ?? null;
      queue.event(book.laneOf(machineId), { kind: "reflex", at, sourceId, machineId, data });
    },
  });
  const sources: Sources = new Sources({
    clock,
    log,
    queue,
    book,
    values,
    unknown,
    clockIsChecked: () => clock.checked,
    onValue: (...value) => reflexes.onValue(...value),
    createDriver: (source) => createDriver(source, setting),
  });
  clock.onSet = () => sources.clockWasSet();
  const actuator = new Actuator({
    clock,
    log,
    store,
    book,
    values,
    blocking: (machineId) => reflexes.blocking(machineId),
    connected: (sourceId) => sources.connected(sourceId),
    write: (tagId, value) => sources.write(tagId, value),
    tell: ({ adjustmentId, machineId, tagId }, answer) => {
      const data = { ...answer, adjustmentId, tagId };
      const sourceId = book.tag(tagId)?.sourceId ?? null;
      const lane = book.laneOf(machineId);
      queue.event(lane, { kind: "actuation_answer", at: answer.at, sourceId, machineId, data });
    },
  });
  const apply = async (document: EdgeDocument) => {
    unknown.forget();
    const applied = sources.apply(document);
    reflexes.load(document.reflexes);
    broker?.recheck();
    await applied;
  };
  const health = (): EdgeHealth => {
    const { blocks, bytes, unacked, gaps, deadLetters } = queue.health();
    return {
      at: clock.now(),
      version: options.version,
      documentVersion: documents.current?.version ?? 0,
      queueBlocks: blocks,
      queueBytes: bytes,
      unackedReadings: unacked,
      gaps,
      deadLetters,
      storing: queue.storing && documents.current !== null,
      sources: sources.health(),
    };
  };
  const uplink = new Uplink({
    url: options.serverUrl,
    ca: options.serverCa,
    clock,
    log,
    queue,
    unknown,
    health,
    hello: () => ({
      edge: options.code,
      token: options.token,
      protocol: 1,
      documentVersion: documents.current?.version ?? 0,
    }),
    // Under a name of its own: a second host of the same name would end the first one's connection.
    onProbe: createProbe({
      clock,
      createDriver: (source) => createDriver(source, { ...setting, code: `${options.code}-probe` }),
    }),
    onPeek: (sourceId) => (typeof sourceId === "number" ? unknown.last(sourceId) : []),
    onActuation: (actuation) => actuator.handle(actuation),
    onDocument: async (signed) => {
      const accepted = await documents.accept(signed).catch((error: unknown) => {
        log.error({ err: error }, "a document could not be kept");
        return null;
      });
      if (accepted !== null && "document" in accepted) await apply(accepted.document);
    },
  });

  const jumped = (by: number) => {
    if (by === 0) return;
    log.error({ ms: by }, "the clock of this computer jumped");
    const data = { ms: by };
    queue.event(0, { kind: "clock_jump", at: clock.now(), sourceId: null, machineId: null, data });
  };
  const storage: Service = {
    name: "storage",
    start: () => undefined,
    async stop() {
      reflexes.stop();
      await queue.close();
      await store.close();
    },
  };
  const first: Service = {
    name: "document",
    async start() {
      if (loaded !== null) await apply(loaded);
      void actuator.settle().catch((error: unknown) => log.error({ err: error }, "open actuations"));
    },
    stop: () => undefined,
  };
  const services = [
    storage,
    ...(broker === null ? [] : [broker]),
    devices,
    sources,
    first,
    uplink,
    every("clock-watch", clock, clockTickMs, () => jumped(clock.tick())),
    every("queue-keeper", clock, housekeepingMs, async () => {
      limits.disk = (await diskBytes(folder)) * diskShare;
      await queue.tick().catch((error: unknown) => log.error({ err: error }, "housekeeping failed"));
    }),
  ];
  return { services, broker, devices, uplink, health };
}

function every(name: string, clock: Clock, ms: number, run: () => Promise<void> | void): Service {
  const abort = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  return {
    name,
    start() {
      loop = (async () => {
        while (!abort.signal.aborted) {
          await clock.sleep(ms, abort.signal);
          if (!abort.signal.aborted) await run();
        }
      })();
    },
    async stop() {
      abort.abort();
      await loop;
    },
  };
}

/** The source of plain topics with this code, as the broker must know it. */
function plainSourceOf(document: EdgeDocument | null, code: string): PlainSource | null {
  const source = document?.sources.find((one) => one.driver === "mqtt" && one.code === code);
  if (source === undefined) return null;
  const config = MqttConfig.safeParse(source.config);
  const filters = config.success ? config.data.mappings.map(({ filter }) => filter) : [];
  return { tokenHash: source.tokenHash, filters };
}

/** What a Sparkplug node must show: null = nothing, undefined = there is no such node. */
function passwordOf(document: EdgeDocument | null, node: string): string | null | undefined {
  const [group, name] = node.split("/");
  const source = document?.sources.find(({ config }) => config["group"] === group && config["node"] === name);
  return source?.tokenHash;
}

async function writable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`The folder ${folder} cannot be written: set DATA_DIR to one that can.`, {
      cause: error,
    });
  }
}

async function diskBytes(folder: string): Promise<number> {
  try {
    const { bsize, blocks } = await statfs(folder);
    return bsize * blocks;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
