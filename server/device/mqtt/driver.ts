import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver, DriverHealth, DriverSink, RawReading, WriteResult } from "../driver.contract.ts";
import { type EdgeFiles, UnusableFile } from "../edge-files.ts";
import { keepConnected, type Link, whyOf } from "../mqtt-connection.ts";
import { SinkWriter } from "../sink-writer.ts";
import { quality } from "../tag.contract.ts";
import { brokerUrl, type Prepared, prepareMappings, subscriptionsOf } from "./mapping.ts";
import { readMessage, type Said } from "./message.ts";
import { MqttConfig } from "./mqtt.contract.ts";
import { BrokerRefusal, codeOf, refusedLogin, shownUrl, subscribeAll } from "./refusal.ts";
import { Repeats } from "./repeats.ts";
import type { Tokens } from "./template.ts";
import { matches } from "./topics.rules.ts";
import { writeOf } from "./write.ts";

export interface MqttDriverOptions {
  /** The edge's broker, used when the config names none. */
  readonly url: string;
  /** `config` of the source; parsed with `MqttConfig`. */
  readonly config: unknown;
  /** Name of this edge and code of the source: the client id is made of both. */
  readonly hostId: string;
  readonly source: string;
  /** Where the files lie that the config names. */
  readonly files: EdgeFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is remembered of a metric: its last value for the stale marks, the rest for writes. */
interface Known {
  value: RawReading["value"];
  /** Source time of the value, ms. */
  at: number;
  readonly prepared: Prepared;
  readonly tokens: Tokens;
}

/** As much of an unreadable message as a dead letter keeps, bytes. */
const maxRaw = 64 * 1024;

/**
 * Listens to topics of an MQTT broker, 3.1.1 or 5, and writes where a mapping says how.
 *
 * The broker stands between us and the machines, so a birth and a death are those of the connection to it; a gap
 * begins with the last reading before a connection and ends with it (subscriptions are not kept while we are away).
 *
 * A retained message is the last thing somebody said, perhaps years ago. It is taken as the last known value (a
 * reading that is stored, a metric that may be written to), never as a sign of life: it does not move
 * `lastMessageAt`; with an old time of its own it is `historical`; without any it is *stale* at the time of
 * reception, since nobody knows how long it has been true; and one that was stored before is not stored again.
 *
 * @throws Error with one sentence when the config is wrong.
 */
export function createMqttDriver(options: MqttDriverOptions): Driver {
  return new MqttDriver(options);
}

class MqttDriver implements Driver {
  readonly name: string;
  readonly #options: MqttDriverOptions;
  readonly #config: MqttConfig;
  readonly #mappings: readonly Prepared[];
  readonly #url: string;
  readonly #repeats: Repeats;
  readonly #known = new Map<string, Known>();
  readonly #abort = new AbortController();
  #writer: SinkWriter | null = null;
  #client: MqttClient | null = null;
  /** A connection on which something was heard or may be heard. */
  #open = false;
  #problem: string | null = null;
  /** The refusal that was told last, so that each is told once. */
  #refusal: string | null = null;
  #loop: Promise<void> = Promise.resolve();
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;

  constructor(options: MqttDriverOptions) {
    this.#options = options;
    this.#config = MqttConfig.parse(options.config);
    this.#mappings = prepareMappings(this.#config.mappings);
    this.#url = this.#config.url === undefined ? options.url : brokerUrl(this.#config.url);
    this.#repeats = new Repeats(this.#config.limits.repeats);
    this.name = `mqtt ${options.source}`;
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

  /** Published once with QoS 1, never retained: a set-point must not reach whoever subscribes next year. */
  async write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    const { clock } = this.#options;
    const client = this.#client;
    if (client === null || !client.connected || this.#abort.signal.aborted) {
      return { result: "refused", reason: "no connection to the broker" };
    }
    const known = this.#known.get(metric);
    if (known === undefined) return { result: "refused", reason: `nobody ever said ${metric}` };
    const write = writeOf(known.prepared, known.tokens, value, clock.now(), this.#mappings);
    if (typeof write === "string") return { result: "refused", reason: write };
    return this.#publish(client, write.topic, write.payload);
  }

  #publish(client: MqttClient, topic: string, payload: string): Promise<WriteResult> {
    const { writeTimeoutMs } = this.#config;
    return new Promise((resolve) => {
      const settle = (result: WriteResult): void => {
        clearTimeout(timer);
        client.off("close", lost);
        if (result.result === "unknown") this.#errors += 1;
        resolve(result);
      };
      const lost = (): void =>
        settle({ result: "unknown", reason: "the connection was lost before the broker acknowledged" });
      const late = (): void =>
        settle({ result: "unknown", reason: `the broker did not acknowledge within ${writeTimeoutMs} ms` });
      const timer = setTimeout(late, writeTimeoutMs);
      client.once("close", lost);
      client.publish(topic, payload, { qos: 1, retain: false }, (error) => {
        if (error === undefined || error === null) return settle({ result: "accepted" });
        const said = (codeOf(error) ?? 0) >= 128;
        // With MQTT 5 the broker can say no; 3.1.1 only knows silence.
        if (said) return settle({ result: "refused", reason: `the broker refuses it: ${error.message}` });
        settle({ result: "unknown", reason: error.message });
      });
    });
  }

  #link(): Link {
    const { clock, log } = this.#options;
    const broker = shownUrl(this.#url);
    return {
      name: this.name,
      url: this.#url,
      clock,
      log,
      options: () => this.#connectOptions(),
      introduce: async (client) => {
        await subscribeAll(client, subscriptionsOf(this.#mappings), this.#config.qos, broker);
        this.#opened();
      },
      up: (client) => {
        this.#client = client;
        this.#refusal = null;
        log.info({ source: this.name }, "connected to the broker");
      },
      down: () => this.#down(),
      message: (_client, topic, payload, packet) => this.#message(topic, payload, packet),
      room: () => this.#writer?.room() ?? Promise.resolve(),
      failed: (error) => this.#failed(error, broker),
      goodbye: () => Promise.resolve(),
    };
  }

  #connectOptions(): IClientOptions {
    const { clientId, username, passwordFile, caFile, protocolVersion } = this.#config;
    const { hostId, source, files } = this.#options;
    return {
      clientId: clientId ?? `millwright-${hostId}-${source}`,
      protocolVersion: protocolVersion === "5" ? 5 : 4,
      ...(username !== undefined && { username }),
      ...(passwordFile !== undefined && { password: files.password(passwordFile) }),
      ...(caFile !== undefined && { ca: files.read(caFile, "caFile") }),
    };
  }

  /** Said in an event once for each new reason; the log has every try. */
  #failed(error: unknown, broker: string): number {
    const told = error instanceof BrokerRefusal || error instanceof UnusableFile;
    const sentence = told ? error.message : refusedLogin(error, broker);
    this.#problem = sentence ?? whyOf(error);
    if (sentence === null) return 0;
    this.#errors += 1;
    if (this.#refusal !== sentence) {
      this.#refusal = sentence;
      this.#writer?.event({ kind: "death", device: "", at: this.#options.clock.now(), reason: sentence });
    }
    return this.#config.refusedRetryMs;
  }

  /** Before the first reading of a connection: a gap ends here, and where it began only the disk knows. */
  #opened(): void {
    if (this.#open) return;
    this.#open = true;
    const at = this.#options.clock.now();
    const reason = "the edge was not connected to the broker";
    this.#writer?.event({ kind: "gap", device: "", at, reason });
    this.#writer?.event({ kind: "birth", device: "", at, metrics: [...this.#known.keys()] });
  }

  #down(): void {
    this.#client = null;
    if (!this.#open) return;
    this.#open = false;
    const at = this.#options.clock.now();
    const stale = [...this.#known].map(([metric, { value }]) => ({
      metric,
      sourceTime: at,
      value,
      quality: quality.stale,
    }));
    if (stale.length > 0) this.#writer?.readings(stale);
    const reason = this.#abort.signal.aborted
      ? "the edge stopped listening to the broker"
      : "the connection to the broker is lost";
    this.#writer?.event({ kind: "death", device: "", at, reason });
  }

  #message(topic: string, payload: Buffer, { retain }: IPublishPacket): void {
    const levels = topic.split("/");
    const prepared = this.#mappings.find((one) => matches(one.levels, levels));
    if (prepared === undefined || this.#abort.signal.aborted) return;
    // Retained messages may come before the subscription is acknowledged.
    this.#opened();
    const now = this.#options.clock.now();
    this.#messages += 1;
    if (!retain) this.#lastMessageAt = now;
    const { said, problem } = readMessage(prepared, topic, payload, now, this.#config.limits);
    const readings: RawReading[] = [];
    for (const one of said) {
      const reading = this.#reading(one, now, retain);
      this.#remember(one, reading, prepared);
      if (one.time === null || !this.#repeats.again(reading)) readings.push(reading);
    }
    if (readings.length > 0) this.#writer?.readings(readings);
    if (problem !== null) this.#unreadable(topic, problem, payload, now);
  }

  #reading({ metric, value, time, quality: said, unit }: Said, now: number, retained: boolean): RawReading {
    const old = retained && time !== null && now - time > this.#config.historicalAfterMs;
    return {
      metric,
      sourceTime: time ?? now,
      value,
      quality: retained && time === null ? quality.stale : said,
      ...(unit !== undefined && { unit }),
      ...(old && { historical: true }),
    };
  }

  #remember({ metric, tokens }: Said, { value, sourceTime: at }: RawReading, prepared: Prepared): void {
    const known = this.#known.get(metric);
    if (known !== undefined) {
      // A retained message may be older than what was said without being retained.
      if (at >= known.at) Object.assign(known, { value, at });
    } else if (this.#known.size < this.#config.limits.metrics) {
      this.#known.set(metric, { value, at, prepared, tokens });
      if (this.#known.size === this.#config.limits.metrics) {
        this.#options.log.warn({ source: this.name }, "no more metrics are remembered: see limits.metrics");
      }
    }
  }

  #unreadable(topic: string, problem: string, payload: Uint8Array, at: number): void {
    this.#errors += 1;
    const reason = `${topic.slice(0, 256)}: ${problem}`;
    this.#writer?.event({ kind: "unreadable", at, reason, raw: payload.slice(0, maxRaw) });
  }
}
