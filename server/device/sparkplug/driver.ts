import type { MqttClient } from "mqtt";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver, DriverHealth, DriverSink, WriteResult } from "../driver.contract.ts";
import { keepConnected, type Link, subscribe, whyOf } from "../mqtt-connection.ts";
import { readState, rebirthCommand, statePayload, writeCommand } from "./messages.ts";
import { decodePayload, PayloadError } from "./payload.ts";
import { type Effect, type MessageType, NodeSession } from "./session.ts";
import { SparkplugConfig } from "./sparkplug.contract.ts";
import { SinkWriter } from "../sink-writer.ts";
import { whyNotWritable } from "./values.ts";

export interface SparkplugDriverOptions {
  /** Broker, e.g. `mqtt://127.0.0.1:1883`. */
  readonly url: string;
  /** `config` of the source; parsed with `SparkplugConfig`. */
  readonly config: unknown;
  /** Name of this edge, e.g. its code. The host application's id is made of it: see `hostApplicationId`. */
  readonly hostId: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Id of the host application on `spBv1.0/STATE/{id}`. Each driver is a host application of its own: two that shared
 * an id would take each other for dead. A node's name is unique only within its group.
 */
export function hostApplicationId(hostId: string, group: string, node: string): string {
  return `${hostId}.${group}.${node}`;
}

const messageTypes: ReadonlySet<string> = new Set<MessageType>([
  "NBIRTH",
  "DBIRTH",
  "NDATA",
  "DDATA",
  "NDEATH",
  "DDEATH",
]);
/** As much of an unreadable message as a dead letter keeps. */
const maxRaw = 64 * 1024;
/** Where host applications of Sparkplug 2.2 say ONLINE or OFFLINE, a text and no JSON. */
const oldStateTopics = "STATE/+";

/**
 * Speaks Sparkplug B 3.0 as the primary host application of one edge node (checklist of chapters 5 and 6): STATE as
 * will and birth with one timestamp, subscription before it, births into tables, stale marks on death, rebirth
 * requests, commands with QoS 0.
 */
export function createSparkplugDriver(options: SparkplugDriverOptions): Driver {
  return new SparkplugDriver(options);
}

/** Of the connection on which a message came. */
interface Connection {
  /** What our will and our birth said. */
  readonly timestamp: number;
  /** The broker kept the message from before our subscription. */
  readonly retain: boolean;
}

class SparkplugDriver implements Driver {
  readonly name: string;
  readonly #options: SparkplugDriverOptions;
  readonly #config: SparkplugConfig;
  readonly #session: NodeSession;
  readonly #stateTopic: string;
  readonly #abort = new AbortController();
  #writer: SinkWriter | null = null;
  #client: MqttClient | null = null;
  #problem: string | null = null;
  #loop: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #oldHostTold = false;
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;

  constructor(options: SparkplugDriverOptions) {
    this.#options = options;
    this.#config = SparkplugConfig.parse(options.config);
    const { group, node } = this.#config;
    this.name = `sparkplug ${group}/${node}`;
    this.#session = new NodeSession({ ...this.#config, random: Math.random });
    this.#stateTopic = `spBv1.0/STATE/${hostApplicationId(options.hostId, group, node)}`;
  }

  /** Returns at once; the connection is made, and made again, in the background until `stop`. */
  start(sink: DriverSink, signal: AbortSignal): Promise<void> {
    this.#writer = new SinkWriter(sink, this.#options.clock, this.#options.log);
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    if (signal.aborted) this.#abort.abort();
    this.#loop = keepConnected(this.#link(), this.#abort.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
    clearTimeout(this.#timer);
    await this.#writer?.drained();
  }

  health(): DriverHealth {
    return {
      connected: this.#client !== null,
      lastMessageAt: this.#lastMessageAt,
      messages: this.#messages,
      errors: this.#errors + (this.#writer?.errors ?? 0),
      problem: this.#client === null ? this.#problem : null,
    };
  }

  async write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    const client = this.#client;
    if (client === null) return { result: "refused", reason: "no connection to the broker" };
    const target = this.#session.target(metric);
    if (target === undefined) return { result: "refused", reason: `${metric} stands in no valid birth` };
    const why = whyNotWritable(target.datatype, value);
    if (why !== null) return { result: "refused", reason: why };
    const { topic, payload } = writeCommand(this.#config, target, value, this.#options.clock.now());
    try {
      // QoS 0 and never retained: a command that cannot go now must not go later.
      await client.publishAsync(topic, payload, { qos: 0, retain: false });
      return { result: "accepted" };
    } catch (error) {
      this.#errors += 1;
      return { result: "unknown", reason: error instanceof Error ? error.message : "not sent" };
    }
  }

  #link(): Link {
    const { url, clock, log, hostId } = this.#options;
    const { username, password, group, node } = this.#config;
    // The same in the will and in the birth of one connection.
    let timestamp = 0;
    return {
      name: this.name,
      url,
      clock,
      log,
      options: () => {
        timestamp = clock.now();
        return {
          clientId: `millwright-${hostApplicationId(hostId, group, node)}`,
          will: { topic: this.#stateTopic, payload: statePayload(false, timestamp), qos: 1, retain: true },
          ...(username !== undefined && { username }),
          ...(password !== undefined && { password }),
        };
      },
      // First the subscriptions, then STATE: nobody is told of a host that does not listen yet.
      introduce: async (client) => {
        await subscribe(client, this.#topics());
        await this.#publishState(client, true, timestamp);
        // A broker may well refuse this one to us: then nobody of 2.2 is looked for.
        client.subscribeAsync(oldStateTopics, { qos: 0 }).catch(() => {});
      },
      up: (client) => {
        this.#client = client;
        log.info({ source: this.name }, "connected to the broker");
        this.#session.connected(this.#instant());
        this.#arm();
      },
      down: () => {
        this.#client = null;
        this.#perform(this.#session.disconnected(this.#instant()));
      },
      message: (client, topic, payload, { retain }) =>
        this.#message(client, topic, payload, { timestamp, retain }),
      room: () => this.#writer?.room() ?? Promise.resolve(),
      failed: (error) => {
        this.#problem = whyOf(error);
        return 0;
      },
      goodbye: (client) => this.#publishState(client, false, clock.now()),
    };
  }

  #topics(): string[] {
    const { group, node } = this.#config;
    const types = [...messageTypes].map((type) =>
      type.startsWith("N") ? `spBv1.0/${group}/${type}/${node}` : `spBv1.0/${group}/${type}/${node}/+`,
    );
    return [this.#stateTopic, ...types];
  }

  async #publishState(client: MqttClient, online: boolean, timestamp: number): Promise<void> {
    await client.publishAsync(this.#stateTopic, statePayload(online, timestamp), { qos: 1, retain: true });
  }

  #message(client: MqttClient, topic: string, payload: Buffer, connection: Connection): void {
    if (topic === this.#stateTopic) return this.#ownState(client, payload, connection);
    if (topic.startsWith("STATE/")) return this.#oldState(topic, payload);
    // Nothing of a node may be retained. Where a broker kept a birth all the same, it is as of then and not of now.
    if (connection.retain) return;
    const [, , type = "", , device = ""] = topic.split("/");
    if (!messageTypes.has(type) || type.startsWith("D") !== (device !== "")) return;
    this.#messages += 1;
    this.#lastMessageAt = this.#options.clock.now();
    const at = this.#instant();
    try {
      const message = { type: type as MessageType, device, payload: decodePayload(payload) };
      this.#perform(this.#session.receive(message, at), payload);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      this.#perform(this.#session.unreadable(error.message, at), payload);
    }
  }

  /** The late will of an earlier connection says we are gone: say at once that we are not. */
  #ownState(client: MqttClient, payload: Buffer, { timestamp, retain }: Connection): void {
    // What was kept from before our subscription is answered by the birth that follows the subscription.
    if (retain || this.#abort.signal.aborted) return;
    const state = readState(payload);
    if (state?.online === true) {
      if (state.timestamp <= timestamp) return;
      const topic = this.#stateTopic;
      return this.#options.log.warn({ source: this.name, topic }, "another host application uses our id");
    }
    this.#publishState(client, true, timestamp).catch((error: unknown) => {
      this.#options.log.warn({ source: this.name, err: error }, "STATE could not be published");
    });
  }

  /** A host of 2.2 is deaf to ours, and nodes that wait for it are never born to us: said once. */
  #oldState(topic: string, payload: Buffer): void {
    const word = payload.toString("utf8", 0, 8);
    if (this.#oldHostTold || (word !== "ONLINE" && word !== "OFFLINE")) return;
    this.#oldHostTold = true;
    const reason = `${topic} says ${word}: a host application of Sparkplug 2.2; nodes that wait for it are not born to one of 3.0`;
    this.#perform([{ do: "unreadable", reason }], payload);
  }

  #perform(effects: readonly Effect[], raw: Uint8Array = new Uint8Array()): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "readings":
          this.#writer?.readings(effect.readings);
          break;
        case "event":
          this.#writer?.event(effect.event);
          break;
        case "unreadable": {
          this.#errors += 1;
          const at = this.#options.clock.now();
          const kept = raw.slice(0, maxRaw);
          this.#writer?.event({ kind: "unreadable", at, reason: effect.reason, raw: kept });
          break;
        }
        case "rebirth":
          this.#askForRebirth(effect.reason);
          break;
      }
    }
    this.#arm();
  }

  #askForRebirth(reason: string): void {
    const { clock, log } = this.#options;
    const { topic, payload } = rebirthCommand(this.#config, clock.now());
    log.info({ source: this.name, reason }, "asking for a rebirth");
    this.#client?.publish(topic, payload, { qos: 0, retain: false });
  }

  /** One timer for whatever the session waits for. */
  #arm(): void {
    clearTimeout(this.#timer);
    const { due } = this.#session;
    if (due === null || this.#client === null) return;
    const wait = Math.max(0, due - this.#options.clock.monotonic());
    this.#timer = setTimeout(() => this.#perform(this.#session.tick(this.#instant())), Math.ceil(wait));
  }

  #instant(): { now: number; monotonic: number } {
    return { now: this.#options.clock.now(), monotonic: this.#options.clock.monotonic() };
  }
}
