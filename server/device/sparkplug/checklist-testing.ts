import { connectAsync, type IClientPublishOptions, type MqttClient } from "mqtt";
import { afterEach, expect } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { Driver } from "../driver.contract.ts";
import { RecordingSink } from "../driver-contract.ts";
import { AedesBroker, mosquitto, MosquittoBroker, type TestBroker } from "../mqtt/testing.ts";
import { createSparkplugDriver, hostApplicationId } from "./driver.ts";
import { type DecodedPayload, decodePayload, encodePayload, type MetricToSend } from "./payload.ts";
import type { MessageType } from "./session.ts";
import type { SparkplugConfigInput } from "./sparkplug.contract.ts";
import { datatypes } from "./values.ts";

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Brokers the checklist is walked through with; Mosquitto where it is installed. */
export const brokers: readonly (readonly [string, () => TestBroker])[] = [
  ["aedes", () => new AedesBroker()],
  ...(mosquitto === null ? [] : [["Mosquitto", () => new MosquittoBroker()] as const]),
];

export const stateTopic = `spBv1.0/STATE/${hostApplicationId("edge-1", "g", "n")}`;
const quick = { reorderMs: 60, rebirthMinMs: 60, rebirthJitterMs: 5 };

export async function up(broker: TestBroker): Promise<TestBroker> {
  await broker.up();
  closers.push(() => broker.close());
  return broker;
}

export interface Host {
  readonly driver: Driver;
  readonly sink: RecordingSink;
}

/** A host application for a node of group `g`, started; its question after births at its coming is out of the way. */
export async function host(
  broker: TestBroker,
  extra: Partial<SparkplugConfigInput> = {},
  hostId = "edge-1",
): Promise<Host> {
  const config = { group: "g", node: "n", ...quick, ...extra };
  const driver = createSparkplugDriver({
    url: broker.url,
    config,
    hostId,
    clock: systemClock,
    log: silentLogger,
  });
  closers.push(() => driver.stop());
  const sink = new RecordingSink();
  const asked = await listener(broker, `spBv1.0/${config.group}/NCMD/${config.node}`);
  await driver.start(sink, new AbortController().signal);
  // A node that comes later must not take it for an answer to what it said itself.
  await expect.poll(() => asked.length, { interval: 5, timeout: 4000 }).toBe(1);
  return { driver, sink };
}

export interface Heard {
  readonly topic: string;
  readonly bytes: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

/** Somebody who listens to everything, and was there first. */
export async function listener(broker: TestBroker, ...topics: string[]): Promise<Heard[]> {
  const heard: Heard[] = [];
  const client = await connectAsync(broker.url);
  closers.push(() => client.endAsync(true));
  client.on("message", (topic, bytes, { qos, retain }) => heard.push({ topic, bytes, qos, retain }));
  await client.subscribeAsync(topics, { qos: 2 });
  return heard;
}

/** An edge node in the tester's hand: it says what it is told to, right or wrong, and counts nothing by itself. */
export class HandNode {
  readonly client: MqttClient;
  readonly #node: string;
  readonly commands: { topic: string; payload: DecodedPayload; qos: number; retain: boolean }[] = [];
  /** Source time of the next message, ms. */
  now = systemClock.now();

  constructor(client: MqttClient, node: string) {
    this.client = client;
    this.#node = node;
  }

  static async come(broker: TestBroker, node = "n"): Promise<HandNode> {
    const client = await connectAsync(broker.url);
    closers.push(() => client.endAsync(true));
    const one = new HandNode(client, node);
    client.on("message", (topic, bytes, { qos, retain }) =>
      one.commands.push({ topic, payload: decodePayload(bytes), qos, retain }),
    );
    await client.subscribeAsync([`spBv1.0/g/NCMD/${node}`, `spBv1.0/g/DCMD/${node}/+`], { qos: 1 });
    return one;
  }

  /** Rebirth requests that came so far. */
  get asked(): number {
    return this.commands.filter(({ payload }) => payload.metrics[0]?.name === "Node Control/Rebirth").length;
  }

  topic(type: MessageType, device = ""): string {
    return `spBv1.0/g/${type}/${this.#node}${device === "" ? "" : `/${device}`}`;
  }

  async raw(
    type: MessageType,
    device: string,
    bytes: Uint8Array,
    extra: IClientPublishOptions = {},
  ): Promise<void> {
    const qos = type === "NDEATH" ? 1 : 0;
    await this.client.publishAsync(this.topic(type, device), Buffer.from(bytes), { qos, ...extra });
  }

  async say(
    type: MessageType,
    device: string,
    seq: number | null,
    metrics: readonly Partial<MetricToSend>[],
  ): Promise<void> {
    const whole = metrics.map((metric) => ({ timestamp: this.now, datatype: 10, value: 0, ...metric }));
    const payload = { timestamp: this.now, ...(seq !== null && { seq }), metrics: whole };
    await this.raw(type, device, encodePayload(payload));
  }

  nodeBirth(seq = 0, bdSeq = 7): Promise<void> {
    return this.say("NBIRTH", "", seq, [
      { name: "bdSeq", datatype: datatypes.Int64, sayDatatype: true, value: bdSeq },
      { name: "Node Control/Rebirth", datatype: datatypes.Boolean, sayDatatype: true, value: false },
      { name: "Uptime", alias: 100, datatype: datatypes.Int32, sayDatatype: true, value: 1 },
    ]);
  }

  nodeDeath(bdSeq = 7): Promise<void> {
    return this.say("NDEATH", "", null, [{ name: "bdSeq", datatype: datatypes.Int64, value: bdSeq }]);
  }

  deviceBirth(device: string, seq: number, alias: number, value = 230): Promise<void> {
    return this.say("DBIRTH", device, seq, [{ name: "Melt", alias, sayDatatype: true, value, unit: "°C" }]);
  }

  data(device: string, seq: number, alias: number | bigint, value: number): Promise<void> {
    return this.say("DDATA", device, seq, [{ alias, value }]);
  }

  /** Born with press-1 (alias 1) and press-2 (alias 2); the next message is number 3. */
  async born(sink: RecordingSink): Promise<this> {
    await this.nodeBirth();
    await this.deviceBirth("press-1", 1, 1);
    await this.deviceBirth("press-2", 2, 2);
    await sink.until(() => has(sink, "birth", "press-2"));
    return this;
  }
}

export function has(sink: RecordingSink, kind: string, device?: string): boolean {
  return sink.events.some(
    (event) =>
      event.kind === kind && (device === undefined || ("device" in event && event.device === device)),
  );
}

/** Values of a metric, in the order they were stored. */
export const valuesOf = (sink: RecordingSink, metric: string): unknown[] =>
  sink.stored.filter((r) => r.metric === metric).map((r) => r.value);

/** Protobuf by hand, for what our own encoder does not say. */
export const wire = {
  varint(field: number, value: number | bigint): Uint8Array {
    return Uint8Array.from([...number(field << 3), ...number(value)]);
  },
  bytes(field: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
    const inner = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
    return Uint8Array.from([...number((field << 3) | 2), ...number(inner.length), ...inner]);
  },
  float(field: number, value: number): Uint8Array {
    const inner = Buffer.alloc(4);
    inner.writeFloatLE(value);
    return Uint8Array.from([...number((field << 3) | 5), ...inner]);
  },
  double(field: number, value: number): Uint8Array {
    const inner = Buffer.alloc(8);
    inner.writeDoubleLE(value);
    return Uint8Array.from([...number((field << 3) | 1), ...inner]);
  },
};

function number(value: number | bigint): number[] {
  const out: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return [...out, Number(rest)];
    out.push(Number(rest & 127n) | 128);
  }
}
