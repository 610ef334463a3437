import type { MqttClient } from "mqtt";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { keepConnected, type Link, subscribe } from "../mqtt-connection.ts";
import { readState } from "../sparkplug/messages.ts";
import { decodePayload, encodePayload, type MetricToSend, PayloadError } from "../sparkplug/payload.ts";
import { datatypes, readValue } from "../sparkplug/values.ts";
import type { WireType } from "./metrics.ts";

export interface NodeMetric {
  readonly name: string;
  readonly wire: WireType;
  readonly unit: string | null;
}

export interface NodeSample {
  readonly device: string;
  readonly name: string;
  /** ms since epoch. */
  readonly at: number;
  readonly value: number | string | boolean | bigint | null;
}

export interface SparkplugNodeOptions {
  readonly url: string;
  readonly group: string;
  readonly node: string;
  readonly devices: ReadonlyMap<string, readonly NodeMetric[]>;
  /** With a primary host the node speaks only while that host is online. */
  readonly primaryHost?: string;
  /** Most samples kept while the link is down; the oldest make room. */
  readonly capacity: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Every metric of a device as it is now, for its birth. */
  present(device: string): readonly NodeSample[];
  /** Obeys a command (null), or says why not. */
  onWrite(device: string, metric: string, value: number | string | boolean): string | null;
  onSent(samples: readonly NodeSample[], historical: boolean): void;
  onDropped(count: number): void;
}

/** Metrics of one message of stored samples. */
const maxPerMessage = 500;
/** Messages handed to the socket and not yet taken by the system; beyond, samples go to the node's own store. */
const maxUnsent = 1000;

interface Known {
  readonly device: string;
  readonly name: string;
  readonly alias: number;
  readonly datatype: number;
  readonly unit: string | null;
}

/**
 * The edge-node side of Sparkplug B 3.0, as a gateway beside the machines has it: NDEATH as will with the birth's bdSeq,
 * births with every metric and its alias, data by alias alone, one sequence for the whole node, a store for the time
 * without link that is flushed as historical.
 */
export class SparkplugNode {
  readonly #options: SparkplugNodeOptions;
  readonly #known = new Map<string, Known>();
  readonly #byAlias = new Map<number | bigint, Known>();
  readonly #abort = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #client: MqttClient | null = null;
  #born = false;
  #seq = 0;
  #bdSeq = 255;
  #hostTimestamp = -1;
  #unsent = 0;
  readonly #store: NodeSample[] = [];

  constructor(options: SparkplugNodeOptions) {
    this.#options = options;
    for (const [device, metrics] of options.devices) {
      for (const { name, wire, unit } of metrics) {
        const alias = this.#known.size + 1;
        const known = { device, name, alias, datatype: datatypes[wire], unit };
        this.#known.set(`${device}/${name}`, known);
        this.#byAlias.set(alias, known);
      }
    }
  }

  start(): void {
    this.#loop = keepConnected(this.#link(), this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  get born(): boolean {
    return this.#born;
  }

  /** Cuts the link as a pulled cable does: no NDEATH but the will's. */
  cut(): void {
    this.#client?.stream.destroy();
  }

  /** Sends samples, in the order of their times; without a link, or before a slow one, they are kept. */
  put(samples: readonly NodeSample[]): void {
    this.#store.push(...samples);
    const tooMany = this.#store.length - this.#options.capacity;
    if (tooMany > 0) this.#options.onDropped(this.#store.splice(0, tooMany).length);
    this.#drain();
  }

  #drain(): void {
    while (this.#born && this.#store.length > 0 && this.#unsent < maxUnsent) {
      this.#send(this.#store.splice(0, maxPerMessage), false);
    }
  }

  #link(): Link {
    const { url, clock, log, group, node, primaryHost } = this.#options;
    return {
      name: `node ${group}/${node}`,
      url,
      clock,
      log,
      options: () => {
        this.#bdSeq = (this.#bdSeq + 1) & 255;
        const payload = Buffer.from(this.#deathPayload());
        return {
          clientId: `${group}-${node}`,
          will: { topic: this.#topic("NDEATH"), payload, qos: 1, retain: false },
        };
      },
      introduce: async (client) => {
        const commands = [this.#topic("NCMD"), this.#topic("DCMD", "+")];
        this.#client = client;
        await subscribe(client, primaryHost === undefined ? commands : [...commands, this.#stateTopic()]);
      },
      up: () => {
        log.info({ node }, "node connected to the broker");
        if (primaryHost === undefined) this.#bear();
      },
      down: () => {
        this.#client = null;
        this.#born = false;
        this.#unsent = 0;
      },
      message: (client, topic, payload) => this.#message(client, topic, payload),
      room: () => Promise.resolve(),
      goodbye: async (client) => {
        this.#born = false;
        await client.publishAsync(this.#topic("NDEATH"), Buffer.from(this.#deathPayload()), { qos: 1 });
      },
    };
  }

  #topic(type: string, device?: string): string {
    const { group, node } = this.#options;
    const topic = `spBv1.0/${group}/${type}/${node}`;
    return device === undefined ? topic : `${topic}/${device}`;
  }

  #stateTopic(): string {
    return `spBv1.0/STATE/${this.#options.primaryHost ?? ""}`;
  }

  #message(client: MqttClient, topic: string, payload: Buffer): void {
    if (topic === this.#stateTopic()) return this.#hostState(client, payload);
    try {
      const { metrics } = decodePayload(payload);
      if (topic === this.#topic("NCMD")) {
        const wanted = metrics.some(
          ({ name, raw }) => name === "Node Control/Rebirth" && raw?.in === "boolean" && raw.value,
        );
        if (wanted && this.#born) this.#bear();
        return;
      }
      const device = topic.split("/")[4] ?? "";
      for (const metric of metrics) {
        const byName = metric.name === undefined ? undefined : this.#known.get(`${device}/${metric.name}`);
        const known = metric.alias === undefined ? byName : this.#byAlias.get(metric.alias);
        const value =
          known === undefined || metric.raw === null ? undefined : readValue(known.datatype, metric.raw);
        if (known?.device !== device || value === undefined || typeof value === "bigint") continue;
        const why = this.#options.onWrite(device, known.name, value);
        const what = { device, metric: known.name, value };
        if (why === null) this.#options.log.info(what, "write obeyed");
        else this.#options.log.warn({ ...what, why }, "write ignored");
      }
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#options.log.warn({ topic, reason: error.message }, "unreadable command");
    }
  }

  /** The primary host came or went; an older word than the last one is a late will. */
  #hostState(client: MqttClient, payload: Buffer): void {
    const state = readState(payload);
    if (state === null || state.timestamp < this.#hostTimestamp) return;
    this.#hostTimestamp = state.timestamp;
    if (state.online && !this.#born) this.#bear();
    if (!state.online && this.#born) {
      this.#born = false;
      client.publish(this.#topic("NDEATH"), Buffer.from(this.#deathPayload()), { qos: 1 }, () =>
        client.end(),
      );
    }
  }

  #deathPayload(): Uint8Array {
    const now = this.#options.clock.now();
    return encodePayload({ timestamp: now, metrics: [this.#bdSeqMetric(now)] });
  }

  #bdSeqMetric(timestamp: number): MetricToSend {
    return { name: "bdSeq", timestamp, datatype: datatypes.Int64, sayDatatype: true, value: this.#bdSeq };
  }

  /** NBIRTH and all DBIRTHs, then what was stored meanwhile. */
  #bear(): void {
    const timestamp = this.#options.clock.now();
    const rebirth = {
      name: "Node Control/Rebirth",
      timestamp,
      datatype: datatypes.Boolean,
      sayDatatype: true,
    };
    this.#seq = 0;
    this.#publish("NBIRTH", undefined, timestamp, [
      this.#bdSeqMetric(timestamp),
      { ...rebirth, value: false },
    ]);
    for (const device of this.#options.devices.keys()) {
      const samples = this.#options.present(device);
      const metrics = samples.flatMap(({ name, at, value }): MetricToSend[] => {
        const known = this.#known.get(`${device}/${name}`);
        if (known === undefined) return [];
        const { alias, datatype, unit } = known;
        const born = { name, alias, timestamp: at, datatype, sayDatatype: true, value };
        return [unit === null ? born : { ...born, unit }];
      });
      this.#publish("DBIRTH", device, timestamp, metrics);
      this.#options.onSent(samples, false);
    }
    this.#born = true;
    while (this.#store.length > 0) this.#send(this.#store.splice(0, maxPerMessage), true);
  }

  #send(samples: readonly NodeSample[], historical: boolean): void {
    const timestamp = this.#options.clock.now();
    for (const device of this.#options.devices.keys()) {
      const own = samples.filter((sample) => sample.device === device);
      const metrics = own.flatMap(({ name, at, value }): MetricToSend[] => {
        const known = this.#known.get(`${device}/${name}`);
        if (known === undefined) return [];
        const { alias, datatype } = known;
        return [{ alias, timestamp: at, datatype, value, ...(historical && { isHistorical: true }) }];
      });
      if (metrics.length === 0) continue;
      this.#publish("DDATA", device, timestamp, metrics);
      this.#options.onSent(own, historical);
    }
  }

  #publish(type: string, device: string | undefined, timestamp: number, metrics: MetricToSend[]): void {
    const payload = encodePayload({ timestamp, seq: this.#seq, metrics });
    this.#seq = (this.#seq + 1) & 255;
    this.#unsent += 1;
    this.#client?.publish(this.#topic(type, device), Buffer.from(payload), { qos: 0, retain: false }, () => {
      this.#unsent = Math.max(0, this.#unsent - 1);
      this.#drain();
    });
  }
}
