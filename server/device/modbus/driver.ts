import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver, DriverHealth, DriverSink, WriteResult } from "../driver.contract.ts";
import { SinkWriter } from "../sink-writer.ts";
import { GroupReader, type Listener } from "./group-reader.ts";
import { type LinkEnd, LinkLost, ModbusLink } from "./link.ts";
import { ModbusConfig, type Register } from "./modbus.contract.ts";
import { writeAnswer, writeRequest } from "./pdu.ts";
import { whyNotFitting } from "./value.rules.ts";

export interface ModbusDriverOptions {
  /** Code of the source. */
  readonly source: string;
  /** `config` of the source; parsed with `ModbusConfig`. */
  readonly config: unknown;
  readonly clock: Clock;
  readonly log: Logger;
}

/** First pause before a new connection, ms; it doubles up to the last, each time with jitter. */
const retry = { first: 200, last: 5000 };
/** Writes that may wait for their turn; more means that somebody writes faster than the device takes it. */
const maxWrites = 16;

/**
 * Reads one unit over Modbus TCP in groups of registers and writes what is declared writable. A Modbus device says
 * nothing by itself and knows no time: readings carry the edge's clock at the moment of the answer.
 * @throws ZodError when the config is wrong
 */
export function createModbusDriver(options: ModbusDriverOptions): Driver {
  return new ModbusDriver(options);
}

class ModbusDriver implements Driver {
  readonly name: string;
  readonly #options: ModbusDriverOptions;
  readonly #config: ModbusConfig;
  readonly #registers: ReadonlyMap<string, Register>;
  readonly #readers: readonly GroupReader[];
  readonly #abort = new AbortController();
  #writer: SinkWriter | null = null;
  #running: Promise<void> = Promise.resolve();
  /** A connection on which nothing was heard yet. */
  #candidate: ModbusLink | null = null;
  /** The connection, once the device has answered on it. */
  #link: ModbusLink | null = null;
  #writes = 0;
  /** Why the last connection ended, or could not be made. */
  #problem: string | null = null;
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;

  constructor(options: ModbusDriverOptions) {
    this.#options = options;
    this.name = `modbus ${options.source}`;
    this.#config = ModbusConfig.parse(options.config);
    const { groups } = this.#config;
    this.#registers = new Map(groups.flatMap(({ registers }) => registers.map((r) => [r.metric, r])));
    this.#readers = groups.map((group) => new GroupReader(group, options.clock, this.#listener()));
  }

  start(sink: DriverSink, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#writer = new SinkWriter(sink, clock, log);
    if (signal.aborted) this.#abort.abort();
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    this.#running = this.#keepConnected(this.#abort.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#writer?.drained();
  }

  health(): DriverHealth {
    return {
      connected: this.#link !== null,
      lastMessageAt: this.#lastMessageAt,
      messages: this.#messages,
      errors: this.#errors + (this.#writer?.errors ?? 0),
      problem: this.#link === null ? this.#problem : null,
    };
  }

  async write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    const register = this.#registers.get(metric);
    if (register === undefined) return { result: "refused", reason: `there is no metric ${metric}` };
    if (!register.writable) return { result: "refused", reason: `${metric} is not declared writable` };
    const unfit = whyNotFitting(value, register);
    if (unfit !== null || typeof value === "string") {
      return { result: "refused", reason: unfit ?? "the register takes no text" };
    }
    const link = this.#link;
    if (link === null) return { result: "refused", reason: "the device is not connected" };
    if (this.#writes >= maxWrites) return { result: "refused", reason: "too many writes wait already" };
    this.#writes += 1;
    try {
      const asked = writeRequest(register, value);
      const pdu = await link.request(asked, true);
      return writeAnswer(asked, pdu);
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
      this.#errors += 1;
      return { result: error.sent ? "unknown" : "refused", reason: error.message };
    } finally {
      this.#writes -= 1;
    }
  }

  /** Connects, and connects again for ever, until `signal` aborts. */
  async #keepConnected(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let pause = retry.first;
    while (!signal.aborted) {
      try {
        if (await this.#oneConnection(signal)) pause = retry.first;
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        log.warn({ source: this.name, err: error }, "no connection to the device");
      }
      if (signal.aborted) return;
      // Jitter goes downwards only, so that nobody waits longer than the last pause.
      await clock.sleep(pause * (1 - Math.random() / 2), signal);
      pause = Math.min(pause * 2, retry.last);
    }
  }

  /** One connection from beginning to end; answers whether the device ever answered on it. */
  async #oneConnection(signal: AbortSignal): Promise<boolean> {
    const link = await ModbusLink.connect(this.#config, signal);
    const hangUp = (): void => link.end("stopped");
    if (signal.aborted) hangUp();
    signal.addEventListener("abort", hangUp, { once: true });
    this.#candidate = link;
    const rounds = this.#readers.map((reader) => reader.run(link));
    // A fault of our own in one group must not leave a connection behind that looks alive.
    for (const round of rounds) round.catch((error: unknown) => link.end(String(error)));
    const end = await link.ended;
    signal.removeEventListener("abort", hangUp);
    const wasUp = this.#link !== null;
    this.#link = null;
    this.#candidate = null;
    this.#ended(end, wasUp);
    await Promise.all(rounds);
    return wasUp;
  }

  #listener(): Listener {
    return {
      heard: () => this.#heard(),
      readings: (batch) => {
        // A gap begins after what was said, not between the answer and its reading.
        for (const { sourceTime } of batch)
          this.#lastMessageAt = Math.max(this.#lastMessageAt ?? sourceTime, sourceTime);
        this.#writer?.readings(batch);
      },
      refused: (reason, raw) => this.#unreadable(reason, raw),
      room: () => this.#writer?.room() ?? Promise.resolve(),
      failures: () => this.#writer?.errors ?? 0,
    };
  }

  #heard(): void {
    const at = this.#options.clock.now();
    const from = this.#lastMessageAt;
    this.#messages += 1;
    this.#lastMessageAt = at;
    if (this.#candidate === null) return;
    this.#link = this.#candidate;
    this.#candidate = null;
    this.#options.log.info({ source: this.name }, "the device answers");
    // Nobody keeps what a polled device showed while nobody looked.
    const reason = "the device was not read";
    this.#writer?.event({ kind: "gap", device: "", at, reason, to: at, ...(from !== null && { from }) });
    this.#writer?.event({ kind: "birth", device: "", at, metrics: [...this.#registers.keys()] });
  }

  #ended({ reason, raw }: LinkEnd, wasUp: boolean): void {
    const at = this.#options.clock.now();
    const stale = this.#readers.flatMap((reader) => reader.lost(at));
    this.#problem = reason;
    if (raw !== null) this.#unreadable(reason, raw);
    this.#options.log.warn({ source: this.name, reason }, "the connection to the device ended");
    if (stale.length > 0) this.#writer?.readings(stale);
    if (wasUp) this.#writer?.event({ kind: "death", device: "", at, reason });
  }

  #unreadable(reason: string, raw: Uint8Array): void {
    this.#errors += 1;
    this.#writer?.event({
      kind: "unreadable",
      at: this.#options.clock.now(),
      reason,
      raw: Uint8Array.from(raw),
    });
  }
}
