import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, afterEach, expect } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import type { Driver } from "../driver.contract.ts";
import { EdgeFiles } from "../edge-files.ts";
import { createMqttDriver } from "./driver.ts";
import type { MqttConfigInput } from "./mqtt.contract.ts";
import { AedesBroker, mosquitto, MosquittoBroker, type TestBroker } from "./testing.ts";

/** What a test took up; given back when it is over, the last first. */
export const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Publishes values as JSON with their time, and is written to on `command/…`. */
export const json: MqttConfigInput["mappings"][number] = {
  filter: "plant/+/+",
  payload: "json",
  values: ["$.v"],
  time: { path: "$.t", unit: "ms" },
  name: "{2}/{3}",
  write: { topic: "command/{2}/{3}", payload: '{"v":{value},"at":{now}}' },
};
/** Publishes bare numbers. */
export const plain: MqttConfigInput["mappings"][number] = {
  filter: "plain/+/+",
  payload: "number",
  name: "{2}/{3}",
  write: { topic: "plain/{2}/{3}/set" },
};

export async function brought<T extends TestBroker>(broker: T): Promise<T> {
  await broker.up();
  closers.push(() => broker.close());
  return broker;
}

/** Somebody else at the broker. */
export async function person(broker: TestBroker, login: { username?: string; password?: string } = {}) {
  const client = await connectAsync(broker.url, { reconnectPeriod: 20, ...login });
  client.on("error", () => {});
  closers.push(() => client.endAsync(true));
  return client;
}

function make(url: string, extra: Partial<MqttConfigInput> = {}, clock = systemClock): Driver {
  const config: MqttConfigInput = {
    mappings: [json, plain],
    refusedRetryMs: 20,
    writeTimeoutMs: 300,
    ...extra,
  };
  return createMqttDriver({
    url,
    config,
    hostId: "edge-1",
    source: "plant",
    files,
    clock,
    log: silentLogger,
  });
}

const folder = mkdtempSync(join(tmpdir(), "millwright-mqtt-"));
const files = new EdgeFiles(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a password where the driver looks for it. @returns the name of its file */
export function keepPassword(text: string): string {
  writeFileSync(join(folder, "password"), text);
  return "password";
}

/** A driver that was started, whatever becomes of it. */
export async function begun(
  url: string,
  extra: Partial<MqttConfigInput> = {},
  clock = systemClock,
  sink = new RecordingSink(),
) {
  const driver = make(url, extra, clock);
  closers.push(() => driver.stop());
  await driver.start(sink, new AbortController().signal);
  return { driver, sink };
}

/** A started driver, whose connection stands when its birth was told. */
export async function started(broker: TestBroker, extra: Partial<MqttConfigInput> = {}, clock = systemClock) {
  const { driver, sink } = await begun(broker.url, extra, clock);
  await sink.until(() => sink.events.some((event) => event.kind === "birth"));
  await expect.poll(() => driver.health().connected, { interval: 5 }).toBe(true);
  return { driver, sink };
}

export const say = (client: MqttClient, topic: string, payload: string, retain = false) =>
  client.publishAsync(topic, payload, { qos: 1, retain });
export const kinds = (sink: RecordingSink) => sink.events.map(({ kind }) => kind);
export const deaths = (sink: RecordingSink) => sink.events.filter((event) => event.kind === "death");

/** Each with its name, how to make one, and whether it is on this machine. */
export const brokers = [
  { name: "aedes", there: true, build: (): TestBroker => new AedesBroker() },
  {
    name: "Mosquitto (skipped where it is not installed)",
    there: mosquitto !== null,
    build: (): TestBroker => new MosquittoBroker(),
  },
];

/** A broker that says yes to a login, says 7 before it says yes to a subscription, and nothing to a publication. */
export async function silent() {
  const published: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      // A packet a read is enough here: the driver waits for each answer.
      if (data[0] === 0x10) socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (data[0] === 0x82) {
        socket.write(
          Buffer.concat([Buffer.from([0x30, 12, 0, 9]), Buffer.from("plain/m/B"), Buffer.from("7")]),
        );
        socket.write(Buffer.from([0x90, 3, data[2] ?? 0, data[3] ?? 0, 1]));
      }
      if ((data[0] ?? 0) >> 4 === 3) published.push(data.toString("latin1").slice(4));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  closers.push(async () => {
    cut();
    server.close();
    await once(server, "close");
  });
  return { url: `mqtt://127.0.0.1:${port}`, published, cut };
}
