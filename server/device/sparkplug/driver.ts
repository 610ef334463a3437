import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver, DriverHealth, DriverSink, WriteResult } from "../driver.contract.ts";
import { rebirthCommand, statePayload, writeCommand } from "./messages.ts";
import { decodePayload, PayloadError } from "./payload.ts";
import { type Effect, type MessageType, NodeSession } from "./session.ts";
import { SparkplugConfig } from "./sparkplug.contract.ts";
import { SinkWriter } from "./store.ts";
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
 * an id would take each other for dead.
 */
export function hostApplicationId(hostId: string, node: string): string {
  return `${hostId}.${node}`;
}

const messageTypes: ReadonlySet<string> = new Set<MessageType>([
  "NBIRTH",
  "DBIRTH",
  "NDATA",
  "DDATA",
  "NDEATH",
  "DDEATH",
]);
/** First pause before a new connection, ms; it doubles up to the last. */
const retry = { first: 200, last: 5000 };
/** As much of an unreadable message as a dead letter keeps. */
const maxRaw = 64 * 1024;

/**
 * Speaks Sparkplug B 3.0 as the primary host application of one edge node (checklist of chapters 5 and 6): STATE as
 * will and birth with one timestamp, subscription before it, births into tables, stale marks on death, rebirth
 * requests, commands with QoS 0.
 */
export function createSparkplugDriver(options: SparkplugDriverOptions): Driver {
  return new SparkplugDriver(options);
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
  #loop: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #connected = false;
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;

  constructor(options: SparkplugDriverOptions) {
    this.#options = options;
    this.#config = SparkplugConfig.parse(options.config);
    const { group, node } = this.#config;
    this.name = `sparkplug ${group}/${node}`;
    this.#session = new NodeSession({ ...this.#config, random: Math.random });
    this.#stateTopic = `spBv1.0/STATE/${hostApplicationId(options.hostId, node)}`;
  }

  /** Returns at once; the connection is made, and made again, in the background until `stop`. */
  start(sink: DriverSink, signal: AbortSignal): Promise<void> {
    this.#writer = new SinkWriter(sink, this.#options.clock, this.#options.log);
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    if (signal.aborted) this.#abort.abort();
    this.#loop = this.#keepConnected();
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
      connected: this.#connected,
      lastMessageAt: this.#lastMessageAt,
      messages: this.#messages,
      errors: this.#errors + (this.#writer?.errors ?? 0),
    };
  }

  async write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    const client = this.#client;
    if (client === null || !this.#connected)
      return { result: "refused", reason: "no connection to the broker" };
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

  async #keepConnected(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#abort;
    let pause = retry.first;
    while (!signal.aborted) {
      try {
        await this.#connection(() => {
          pause = retry.first;
        });
      } catch (error) {
        this.#errors += 1;
        log.warn({ source: this.name, err: error }, "no connection to the broker");
      }
      if (signal.aborted) return;
      await clock.sleep(pause * (0.75 + Math.random() / 2), signal);
      pause = Math.min(pause * 2, retry.last);
    }
  }

  /** One connection from CONNECT to its end. */
  async #connection(onUp: () => void): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#abort;
    const timestamp = clock.now();
    const client = await connectAsync(this.#options.url, this.#connectOptions(timestamp), false);
    const closed = new Promise<void>((resolve) => client.once("close", resolve));
    const hangUp = (): void => void this.#goodbye(client);
    try {
      client.on("error", (error) => log.warn({ source: this.name, err: error }, "broker connection"));
      client.on("message", (topic, payload) => this.#message(client, topic, payload, timestamp));
      // The broker waits while the disk is behind.
      client.handleMessage = (_packet: IPublishPacket, done) => void this.#whenThereIsRoom(done);
      const up = await Promise.race([this.#introduce(client, timestamp), closed.then(() => false)]);
      if (!up) return;
      this.#client = client;
      this.#connected = true;
      onUp();
      log.info({ source: this.name }, "connected to the broker");
      this.#session.connected(this.#instant());
      this.#arm();
      if (signal.aborted) hangUp();
      else signal.addEventListener("abort", hangUp, { once: true });
      await closed;
    } finally {
      signal.removeEventListener("abort", hangUp);
      this.#client = null;
      this.#connected = false;
      client.end(true);
      this.#perform(this.#session.disconnected(this.#instant()));
    }
  }

  /** First the subscriptions, then STATE: nobody is told of a host that does not listen yet. */
  async #introduce(client: MqttClient, timestamp: number): Promise<true> {
    const grants = await client.subscribeAsync(this.#topics(), { qos: 1 });
    const refused = grants.find(({ qos }) => qos > 2);
    if (refused !== undefined) throw new Error(`the broker refuses the subscription to ${refused.topic}`);
    await this.#publishState(client, true, timestamp);
    return true;
  }

  async #whenThereIsRoom(done: () => void): Promise<void> {
    await this.#writer?.room();
    done();
  }

  #connectOptions(timestamp: number): IClientOptions {
    const { username, password, group, node } = this.#config;
    return {
      clientId: `millwright-${hostApplicationId(this.#options.hostId, `${group}.${node}`)}`,
      clean: true,
      keepalive: 15,
      connectTimeout: 5000,
      // A new CONNECT needs a new timestamp in its will: each connection is made here, none by the library.
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic: this.#stateTopic, payload: statePayload(false, timestamp), qos: 1, retain: true },
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    };
  }

  #topics(): string[] {
    const { group, node } = this.#config;
    const types = [...messageTypes].map((type) =>
      type.startsWith("N") ? `spBv1.0/${group}/${type}/${node}` : `spBv1.0/${group}/${type}/${node}/+`,
    );
    return [this.#stateTopic, ...types];
  }

  async #goodbye(client: MqttClient): Promise<void> {
    const patience = setTimeout(() => client.end(true), 1000);
    try {
      await this.#publishState(client, false, this.#options.clock.now());
      await client.endAsync();
    } catch {
      client.end(true);
    } finally {
      clearTimeout(patience);
    }
  }

  async #publishState(client: MqttClient, online: boolean, timestamp: number): Promise<void> {
    await client.publishAsync(this.#stateTopic, statePayload(online, timestamp), { qos: 1, retain: true });
  }

  #message(client: MqttClient, topic: string, payload: Buffer, timestamp: number): void {
    if (topic === this.#stateTopic) return this.#ownState(client, payload, timestamp);
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
  #ownState(client: MqttClient, payload: Buffer, timestamp: number): void {
    if (this.#abort.signal.aborted || payload.toString("utf8", 0, 256).includes('"online":true')) return;
    this.#publishState(client, true, timestamp).catch((error: unknown) => {
      this.#options.log.warn({ source: this.name, err: error }, "STATE could not be published");
    });
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
    if (due === null || !this.#connected) return;
    const wait = Math.max(0, due - this.#options.clock.monotonic());
    this.#timer = setTimeout(() => this.#perform(this.#session.tick(this.#instant())), Math.ceil(wait));
  }

  #instant(): { now: number; monotonic: number } {
    return { now: this.#options.clock.now(), monotonic: this.#options.clock.monotonic() };
  }
}
