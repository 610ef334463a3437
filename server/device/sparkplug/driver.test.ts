import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { connectAsync } from "mqtt";
import { expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { driverContract, type MachineSide, RecordingSink, type Rig } from "../driver-contract.ts";
import { type NodeSample, SparkplugNode } from "../simulator/sparkplug-node.ts";
import { createSparkplugDriver } from "./driver.ts";

/** A real broker that can be brought down and up again on the same port. */
class Broker {
  #aedes: Aedes | null = null;
  #server: Server | null = null;
  readonly #sockets = new Set<Socket>();
  port = 0;

  async up(): Promise<void> {
    const aedes = await Aedes.createBroker();
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
    this.#aedes = aedes;
  }

  async down(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    await new Promise<void>((resolve) => (this.#aedes ? this.#aedes.close(() => resolve()) : resolve()));
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }
}

const config = { group: "test", node: "n1", reorderMs: 50, rebirthMinMs: 50, rebirthJitterMs: 10 };

class NodeSide implements MachineSide {
  readonly written: { metric: string; value: unknown }[] = [];
  readonly #broker: Broker;
  readonly #last = new Map<string, NodeSample>();
  #node: SparkplugNode | null = null;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  async come(): Promise<void> {
    if (this.#node !== null) return;
    const node = new SparkplugNode({
      url: this.#broker.url,
      group: "test",
      node: "n1",
      devices: new Map([
        [
          "m",
          [
            { name: "Number", wire: "Double", unit: "°C" },
            { name: "Text", wire: "String", unit: null },
            { name: "Flag", wire: "Boolean", unit: null },
            { name: "Count", wire: "Int64", unit: null },
            { name: "Set", wire: "Double", unit: "°C" },
          ],
        ],
      ]),
      capacity: 5000,
      clock: systemClock,
      log: silentLogger,
      present: () =>
        ["Number", "Text", "Flag", "Count", "Set"].map((n) => this.#last.get(n) ?? sample(n, 1, null)),
      onWrite: (device, name, value) => {
        this.written.push({ metric: `${device}/${name}`, value });
        // After the write was heard, as a machine does it.
        setImmediate(() => this.say(`${device}/${name}`, systemClock.now(), value));
        return null;
      },
      onSent: () => {},
      onDropped: () => {},
    });
    this.#node = node;
    node.start();
    await expect.poll(() => node.born, { interval: 5, timeout: 4000 }).toBe(true);
  }

  say(metric: string, at: number, value: NodeSample["value"]): void {
    const said = sample(metric.split("/")[1] ?? "", at, value);
    this.#last.set(said.name, said);
    this.#node?.put([said]);
  }

  async go(): Promise<void> {
    const node = this.#node;
    this.#node = null;
    node?.cut();
    await node?.stop();
  }

  async talkNonsense(): Promise<void> {
    const stranger = await connectAsync(this.#broker.url);
    await stranger.publishAsync("spBv1.0/test/DDATA/n1/m", Buffer.from("hello, machine"));
    await stranger.endAsync();
  }
}

function sample(name: string, at: number, value: NodeSample["value"]): NodeSample {
  return { device: "m", name, at, value };
}

async function rig(): Promise<Rig & { broker: Broker }> {
  const broker = new Broker();
  await broker.up();
  const machine = new NodeSide(broker);
  const options = { url: broker.url, config, hostId: "edge-1", clock: systemClock, log: silentLogger };
  return {
    broker,
    driver: createSparkplugDriver(options),
    machine,
    restartMiddle: async () => {
      await broker.down();
      await broker.up();
    },
    close: async () => {
      await machine.go();
      await broker.down();
    },
  };
}

driverContract("Sparkplug", rig);

/** Everything published on a topic, heard by somebody who was there first. */
async function listener(broker: Broker, topic: string) {
  const client = await connectAsync(broker.url);
  const heard: { payload: string; retain: boolean }[] = [];
  client.on("message", (_topic, payload, { retain }) => heard.push({ payload: payload.toString(), retain }));
  await client.subscribeAsync(topic, { qos: 1 });
  return { client, heard };
}

test("a host that connects late asks once for the births it missed", async () => {
  const { broker, driver, machine, close } = await rig();
  await machine.come();
  const { client, heard } = await listener(broker, "spBv1.0/test/NCMD/n1");
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  await sink.until(() => sink.events.some((event) => event.kind === "birth" && event.device === "m"));
  machine.say("m/Number", 1_764_000_000_000, 5);
  await sink.until(() => sink.said("m/Number").some(([, value]) => value === 5));
  expect(heard).toHaveLength(1);
  await client.endAsync();
  await driver.stop();
  await close();
});

test("a command is sent with QoS 0, not retained, with the alias and datatype of the birth", async () => {
  const { broker, driver, machine, close } = await rig();
  const { client, heard } = await listener(broker, "spBv1.0/test/DCMD/n1/m");
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  await machine.come();
  await sink.until(() => sink.events.some((event) => event.kind === "birth" && event.device === "m"));
  expect(await driver.write("m/Set", true)).toEqual({
    result: "refused",
    reason: "the metric takes numbers",
  });
  expect(await driver.write("m/Set", 221)).toEqual({ result: "accepted" });
  await expect.poll(() => heard.map(({ retain }) => retain)).toEqual([false]);
  await client.endAsync();
  await driver.stop();
  await close();
});

test("a write without the broker is refused for the broker's sake, not for the birth's", async () => {
  const { broker, driver, machine, close } = await rig();
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  await machine.come();
  await sink.until(() => sink.events.some((event) => event.kind === "birth" && event.device === "m"));
  await broker.down();
  await expect.poll(() => driver.health().connected).toBe(false);
  expect(await driver.write("m/Set", 221)).toEqual({
    result: "refused",
    reason: "no connection to the broker",
  });
  await driver.stop();
  await close();
});
