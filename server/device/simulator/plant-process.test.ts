import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { Server } from "socket.io";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import type { Driver } from "../driver.contract.ts";
import { EdgeFiles } from "../edge-files.ts";
import { createOpcUaDriver } from "../opcua/driver.ts";
import { ensureIdentity } from "../opcua/identity.ts";
import { createSocketIoDriver } from "../socketio/driver.ts";
import { deviceServerOptions } from "../socketio/wire.contract.ts";
import { createSparkplugDriver } from "../sparkplug/driver.ts";
import type { PlantLogEntry } from "./faults.contract.ts";
import { plantMachines } from "./layout.ts";
import { runLoad } from "./load.ts";
import { metricsFor } from "./metrics.ts";
import { cellName, opcUaConfigOf } from "./opcua-nodes.ts";
import { parsePlantConfig, type PlantProcess, startPlant } from "./plant-process.ts";

const token = "packer token";
const clock = systemClock;
const log = silentLogger;

/** The whole demo plant against the real drivers, over a real broker and a real listener. */
let plant: PlantProcess;
let dir: string;
let deviceUrl: string;
let io: Server;
const sinks = {
  moulding: new RecordingSink(),
  finishing: new RecordingSink(),
  packing: new RecordingSink(),
  machining: new RecordingSink(),
};
const drivers: Record<string, Driver> = {};
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const mqtt = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  const http = createHttpServer();
  io = new Server(http, deviceServerOptions);
  const ports: number[] = [];
  for (const server of [mqtt, http]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    ports.push(typeof address === "object" && address !== null ? address.port : 0);
  }
  deviceUrl = `http://127.0.0.1:${ports[1]}`;
  const url = `mqtt://127.0.0.1:${ports[0]}`;
  dir = await mkdtemp(join(tmpdir(), "millwright-plant-"));
  plant = await startPlant(
    parsePlantConfig({
      MQTT_URL: url,
      DEVICE_URL: deviceUrl,
      PACKER_TOKEN: token,
      OPCUA_PORT: "0",
      PLANT_OPCUA_DIR: join(dir, "cell"),
      DEMO_SPEED: "20",
      PLANT_PRIMARY_HOST: "edge-1",
      PLANT_LOG: join(dir, "plant.ndjson"),
    }),
    clock,
    log,
  );
  const { signal } = new AbortController();
  for (const node of ["moulding", "finishing"] as const) {
    const config = { group: "millwright", node, rebirthJitterMs: 10 };
    const driver = createSparkplugDriver({ url, config, hostId: "edge-1", clock, log });
    drivers[node] = driver;
    await driver.start(sinks[node], signal);
  }
  const tokenHash = createHash("sha256").update(token).digest("hex");
  const packing = createSocketIoDriver({ server: io, source: "packing", config: {}, tokenHash, clock, log });
  drivers["packing"] = packing;
  await packing.start(sinks.packing, signal);
  const { thumbprint } = await ensureIdentity(join(dir, "cell"), cellName, clock);
  const machining = createOpcUaDriver({
    source: "machining",
    config: opcUaConfigOf("machining", 20, { url: plant.opcUaUrl, thumbprint }),
    folder: join(dir, "edge"),
    hostId: "edge-1",
    files: new EdgeFiles(dir),
    clock,
    log,
  });
  drivers["machining"] = machining;
  await machining.start(sinks.machining, signal);
  closers.push(async () => {
    await plant.stop();
    for (const driver of Object.values(drivers)) await driver.stop();
    await io.close();
    for (const socket of sockets) socket.destroy();
    mqtt.close();
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    await rm(dir, { recursive: true, force: true });
  });
  // Keys of two certificates, and a library that is heavy to load.
}, 60_000);

afterAll(async () => {
  for (const close of closers) await close();
});

async function control(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${plant.controlPort}${path}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("every machine says every metric of the list, with its unit and a value of its type", async () => {
  for (const machine of plantMachines) {
    const sink = sinks[machine.source as keyof typeof sinks];
    for (const metric of metricsFor(machine.kind, 20)) {
      const path = `${machine.code}/${metric.name}`;
      const real = () => sink.stored.find((r) => r.metric === path && r.quality === 0);
      await sink.until(() => real() !== undefined);
      expect(typeof real()?.value, path).toBe(metric.datatype === "text" ? "string" : metric.datatype);
      expect(real()?.unit ?? null, path).toBe(metric.unit);
    }
  }
}, 15_000);

test("a set-point written at the driver comes back as the machine's echo", async () => {
  expect(await drivers["moulding"]?.write("press-2/MeltSetpoint", 226)).toEqual({ result: "accepted" });
  await sinks.moulding.until(() => sinks.moulding.said("press-2/MeltSetpoint").some(([, v]) => v === 226));
  expect(await drivers["packing"]?.write("packer-1/SpeedSetpoint", 150)).toEqual({ result: "accepted" });
  await sinks.packing.until(() => sinks.packing.said("packer-1/SpeedSetpoint").some(([, v]) => v === 150));
  expect(await drivers["machining"]?.write("cnc-1/FeedSetpoint", 92)).toEqual({ result: "accepted" });
  await sinks.machining.until(() => sinks.machining.said("cnc-1/FeedSetpoint").some(([, v]) => v === 92));
  expect(plant.plant.machines.get("cnc-1")?.read("FeedSetpoint")).toBe(92);
});

test("what a lathe does not obey is refused over OPC UA, and the set-point stays", async () => {
  const write = (value: number) => drivers["machining"]?.write("cnc-2/FeedSetpoint", value);
  expect(await write(20)).toEqual({ result: "refused", reason: "the server says BadOutOfRange" });
  await control("POST", "/fault", { name: "local-mode", machine: "cnc-2" });
  expect(await write(90)).toEqual({ result: "refused", reason: "the server says BadNotWritable" });
  await control("POST", "/fault", { name: "clear", machine: "cnc-2" });
  expect(sinks.machining.said("cnc-2/FeedSetpoint").every(([, v]) => v === 100)).toBe(true);
});

test("a lathe's counters, and each of its cycles, come over OPC UA as the plant made them", async () => {
  const said = (name: string) => sinks.machining.said(`cnc-1/${name}`).map(([, v]) => Number(v));
  const before = said("CycleTime").length;
  await sinks.machining.until(() => said("CycleTime").length >= before + 2);
  const cycles = said("Cycles");
  expect(cycles).toEqual(cycles.toSorted((a, b) => a - b));
  const machine = plant.plant.machines.get("cnc-1");
  await sinks.machining.until(() => said("Cycles").at(-1) === machine?.cycles);
  expect((said("Good").at(-1) ?? 0) + (said("Scrap").at(-1) ?? 0)).toBe(said("Cycles").at(-1));
}, 15_000);

test("a guard opened at the control listener is seen, blocks set-points, and is closed by clear", async () => {
  expect(await control("POST", "/fault", { name: "guard-open", machine: "press-1" })).toMatchObject({
    status: 200,
  });
  await sinks.moulding.until(() => sinks.moulding.said("press-1/GuardOpen").some(([, v]) => v === true));
  await sinks.moulding.until(() => sinks.moulding.said("press-1/State").some(([, v]) => v === "stopped"));
  await drivers["moulding"]?.write("press-1/MeltSetpoint", 222);
  // Commands of a node come in order: once this one is obeyed, the one before was judged.
  await drivers["moulding"]?.write("press-4/MeltSetpoint", 231);
  await sinks.moulding.until(() => sinks.moulding.said("press-4/MeltSetpoint").some(([, v]) => v === 231));
  await control("POST", "/fault", { name: "clear", machine: "press-1" });
  await sinks.moulding.until(() => sinks.moulding.said("press-1/GuardOpen").at(-1)?.[1] === false);
  expect(sinks.moulding.said("press-1/MeltSetpoint").some(([, v]) => v === 222)).toBe(false);
});

test("a changeover is played at the panel", async () => {
  await control("POST", "/machine", { machine: "press-3", state: "setup" });
  await sinks.moulding.until(() => sinks.moulding.said("press-3/State").some(([, v]) => v === "setup"));
  await control("POST", "/machine", { machine: "press-3", state: "running" });
  await sinks.moulding.until(() => sinks.moulding.said("press-3/State").at(-1)?.[1] === "running");
});

test("the control listener answers nonsense with one clear sentence", async () => {
  const cases: [string, string, unknown, number, RegExp][] = [
    ["POST", "/fault", { name: "earthquake", machine: "press-1" }, 400, /name/],
    ["POST", "/fault", { name: "jam", machine: "press-1" }, 400, /cannot happen to press-1/],
    ["POST", "/fault", { name: "guard-open", machine: "press-99" }, 404, /there are press-1/],
    ["POST", "/machine", "{", 400, /not JSON/],
    ["POST", "/machine", JSON.stringify({ machine: "x".repeat(5000) }), 413, /4096/],
    ["GET", "/nothing", undefined, 404, /known are/],
  ];
  for (const [method, path, body, status, words] of cases) {
    const answer = await control(method, path, body);
    expect(answer.status, path).toBe(status);
    expect(answer.body["error"]).toMatch(words);
  }
  expect((await control("GET", "/state", undefined, { origin: "https://evil.example" })).status).toBe(403);
});

test("whatever the drivers stored stands in the plant's own log, on its disk and at its listener, once", async () => {
  await sinks.moulding.until(() => sinks.moulding.stored.length > 500);
  const key = (metric: string, at: number, value: unknown) => `${metric} ${at} ${String(value)}`;
  // What an OPC UA server leaves unsaid its client says again, at a time of its own.
  const own = [sinks.moulding, sinks.finishing, sinks.packing];
  const stored = own.flatMap((sink) =>
    sink.stored.filter((r) => r.quality === 0).map((r) => key(r.metric, r.sourceTime, r.value)),
  );
  const lines = (await readFile(join(dir, "plant.ndjson"), "utf8")).trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as PlantLogEntry);
  const logged = new Set(entries.map((entry) => key(entry.metric, entry.at, entry.value)));
  expect(stored.length).toBeGreaterThan(300);
  expect(stored.filter((entry) => !logged.has(entry))).toEqual([]);
  expect(entries.map((entry) => entry.n)).toEqual(entries.map((_, i) => i + 1));
  const { body } = await control("GET", "/log?after=5&limit=3");
  expect(body["entries"]).toEqual(entries.slice(5, 8));
});

test("a load source makes readings at its rate and every one of them is answered as stored", async () => {
  const tokenHash = createHash("sha256").update("load").digest("hex");
  const sink = new RecordingSink();
  const driver = createSocketIoDriver({ server: io, source: "load", config: {}, tokenHash, clock, log });
  await driver.start(sink, new AbortController().signal);
  const result = await runLoad({
    url: deviceUrl,
    source: "load",
    token: "load",
    metrics: Array.from({ length: 40 }, (_, i) => `load/m${i}`),
    readingsPerSecond: 10_000,
    seconds: 0.5,
    perMessage: 250,
    clock,
  });
  await driver.stop();
  expect(result).toMatchObject({ stored: 5000, refused: 0 });
  expect(sink.stored.filter((r) => r.quality === 0)).toHaveLength(5000);
});

test("a wrong setting of the plant is named in one sentence", () => {
  expect(() => parsePlantConfig({})).toThrow(/PACKER_TOKEN/);
  expect(() => parsePlantConfig({ PACKER_TOKEN: "x", MQTT_URL: "ftp://x" })).toThrow(/MQTT_URL/);
});
