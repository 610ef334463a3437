import type { Server } from "socket.io";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type {
  Driver,
  DriverHealth,
  DriverSink,
  RawReading,
  Receipt,
  WriteResult,
} from "../driver.contract.ts";
import { quality } from "../tag.contract.ts";
import { readBatch } from "./batch.ts";
import { DeviceDoor, type DeviceSocket } from "./door.ts";
import {
  type BatchAnswer,
  DeviceWriteAnswer,
  maxBatchBytes,
  maxBatchesInFlight,
  maxBatchReadings,
} from "./wire.contract.ts";

export interface SocketIoDriverOptions {
  /** The edge's own device listener, made with `deviceServerOptions`; shared by all socket.io sources. */
  readonly server: Server;
  /** Code of the source: what the device says in `auth.source`. */
  readonly source: string;
  readonly config: unknown;
  /** SHA-256 of the device's token, hex; null = nobody gets in. */
  readonly tokenHash: string | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A device that does not answer a write within this may have obeyed or not, ms. */
const writeTimeoutMs = 3000;
/** How long a device waits before it sends again what could not be stored, ms. */
const busyMs = 500;
/** Metrics whose last value is remembered for the stale marks. */
const maxMetrics = 10_000;
/** As much of an unreadable batch as a dead letter keeps. */
const maxRaw = 64 * 1024;

/** Listens to one device on the edge's socket.io listener; the wire is in `wire.contract.ts`. */
export function createSocketIoDriver(options: SocketIoDriverOptions): Driver {
  return new SocketIoDriver(options);
}

class SocketIoDriver implements Driver {
  readonly name: string;
  readonly #options: SocketIoDriverOptions;
  readonly #door: DeviceDoor;
  #sink: DriverSink | null = null;
  #socket: DeviceSocket | null = null;
  #receipt: Receipt | null = null;
  /** The only batch that is taken next; null = any that is newer than the receipt. */
  #next: number | null = null;
  /** The next batch is the first after a hello. */
  #first = false;
  #waiting = 0;
  #tail: Promise<void> = Promise.resolve();
  /** The last live reading of each metric. */
  readonly #last = new Map<string, RawReading>();
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;

  constructor(options: SocketIoDriverOptions) {
    this.#options = options;
    this.name = `socketio ${options.source}`;
    this.#door = DeviceDoor.of(options.server);
  }

  async start(sink: DriverSink, signal: AbortSignal): Promise<void> {
    this.#sink = sink;
    this.#receipt = (await sink.lastReceipt?.()) ?? null;
    const { source, tokenHash } = this.#options;
    this.#door.open(source, {
      tokenHash,
      connected: (socket, session) => void this.#connected(socket, session),
    });
    signal.addEventListener("abort", () => void this.stop(), { once: true });
  }

  async stop(): Promise<void> {
    this.#door.close(this.#options.source);
    this.#socket?.disconnect(true);
    this.#socket = null;
    await this.#tail;
  }

  health(): DriverHealth {
    return {
      connected: this.#socket !== null,
      lastMessageAt: this.#lastMessageAt,
      messages: this.#messages,
      errors: this.#errors,
    };
  }

  async write(metric: string, value: number | string | boolean): Promise<WriteResult> {
    const socket = this.#socket;
    if (socket === null) return { result: "refused", reason: "the device is not connected" };
    if (!this.#last.has(metric)) return { result: "refused", reason: `the device never said ${metric}` };
    if (typeof value === "number" && !Number.isFinite(value)) {
      return { result: "refused", reason: "the value is not a finite number" };
    }
    const write = { metric, value, at: this.#options.clock.now() };
    const gone = new Promise<null>((resolve) => socket.once("disconnect", () => resolve(null)));
    try {
      const said = await Promise.race([socket.timeout(writeTimeoutMs).emitWithAck("write", write), gone]);
      const answer = DeviceWriteAnswer.safeParse(said);
      if (answer.success) return answer.data;
      const reason =
        said === null ? "the link was lost before the answer" : "the device's answer is unreadable";
      return { result: "unknown", reason };
    } catch {
      this.#errors += 1;
      return { result: "unknown", reason: `the device did not answer within ${writeTimeoutMs} ms` };
    }
  }

  async #connected(socket: DeviceSocket, session: string): Promise<void> {
    const { clock, log } = this.#options;
    const sink = this.#sink;
    if (sink === null) return void socket.disconnect(true);
    // A device that comes back before its old connection is noticed as dead takes its place.
    this.#socket?.disconnect(true);
    this.#socket = socket;
    socket.on("disconnect", (reason) => this.#disconnected(socket, reason));
    socket.on("readings", (batch, answer) => this.#readings(socket, session, batch, answer));
    // What an earlier connection still stores must be counted before the device is told where to go on.
    await this.#tail;
    this.#next = null;
    this.#first = true;
    if (this.#receipt?.session !== session) {
      // Another store: what the lost one held is not known.
      const reason = "the device began a new store";
      await this.#event(sink, { kind: "gap", device: "", at: clock.now(), reason });
      this.#receipt = { session, id: 0 };
    }
    const metrics = [...this.#last.keys()];
    await this.#event(sink, { kind: "birth", device: "", at: clock.now(), metrics });
    log.info({ source: this.name }, "device connected");
    socket.emit("hello", {
      v: 1,
      now: clock.now(),
      stored: this.#receipt.id,
      maxReadings: maxBatchReadings,
      maxBytes: maxBatchBytes,
    });
  }

  #disconnected(socket: DeviceSocket, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    const at = this.#options.clock.now();
    const stale = [...this.#last.values()].map(({ metric, value }) => ({
      metric,
      sourceTime: at,
      value,
      quality: quality.stale,
    }));
    const sink = this.#sink;
    if (sink === null) return;
    if (stale.length > 0) void this.#stored(sink.readings(stale));
    void this.#event(sink, { kind: "death", device: "", at, reason });
  }

  #readings(socket: DeviceSocket, session: string, input: unknown, answer: unknown): void {
    this.#messages += 1;
    this.#lastMessageAt = this.#options.clock.now();
    // Without an acknowledgement the device cannot know when to forget: it does not speak our protocol.
    if (typeof answer !== "function") return void socket.disconnect(true);
    const reply = answer as (answer: BatchAnswer) => void;
    const sink = this.#sink;
    if (sink === null || socket !== this.#socket || this.#waiting >= maxBatchesInFlight) {
      return reply({ result: "busy", retryMs: busyMs });
    }
    this.#waiting += 1;
    this.#tail = this.#tail.then(async () => {
      reply(await this.#batch(sink, session, input));
      this.#waiting -= 1;
    });
  }

  /**
   * One batch at a time, without holes: were the second stored and the first not, the receipt of the second would
   * make the first look stored for ever.
   */
  async #batch(sink: DriverSink, session: string, input: unknown): Promise<BatchAnswer> {
    const batch = readBatch(input);
    if (typeof batch === "string") {
      await this.#unreadable(sink, batch, input);
      this.#next = null;
      return { result: "refused", reason: batch };
    }
    const { id, readings, refused } = batch;
    if (this.#receipt?.session === session && id <= this.#receipt.id)
      return { result: "stored", refused: [] };
    if (this.#next !== null && id !== this.#next) return { result: "busy", retryMs: busyMs };
    await this.#tellLost(sink, session, id);
    for (const reading of readings) this.#remember(reading);
    try {
      for (const { reason, raw } of refused) await this.#unreadable(sink, reason, raw);
      if (readings.length > 0) await sink.readings(readings, { session, id });
    } catch (error) {
      this.#errors += 1;
      this.#next = id;
      this.#options.log.error({ source: this.name, err: error }, "a batch could not be stored");
      return { result: "busy", retryMs: busyMs };
    }
    this.#receipt = { session, id };
    this.#next = id + 1;
    return { result: "stored", refused: refused.map(({ row, reason }) => ({ row, reason })) };
  }

  /**
   * A device that goes on beyond what the edge has answered as stored: the edge's disk has lost batches since (torn,
   * or put back from an old copy), and the device has forgotten them.
   */
  async #tellLost(sink: DriverSink, session: string, id: number): Promise<void> {
    const next = (this.#receipt?.id ?? 0) + 1;
    const first = this.#first;
    this.#first = false;
    if (!first || this.#receipt?.session !== session || id <= next) return;
    const reason = `batches ${next} to ${id - 1} were stored here and are lost`;
    await this.#event(sink, { kind: "gap", device: "", at: this.#options.clock.now(), reason });
  }

  #remember(reading: RawReading): void {
    if (reading.historical === true) return;
    if (this.#last.has(reading.metric) || this.#last.size < maxMetrics) {
      this.#last.set(reading.metric, reading);
    }
  }

  async #unreadable(sink: DriverSink, reason: string, input: unknown): Promise<void> {
    this.#errors += 1;
    const raw = Buffer.from(JSON.stringify(input) ?? "", "utf8").subarray(0, maxRaw);
    await this.#event(sink, { kind: "unreadable", at: this.#options.clock.now(), reason, raw });
  }

  async #event(sink: DriverSink, event: Parameters<DriverSink["event"]>[0]): Promise<void> {
    await this.#stored(sink.event(event));
  }

  async #stored(promise: Promise<void>): Promise<void> {
    try {
      await promise;
    } catch (error) {
      this.#errors += 1;
      this.#options.log.error({ source: this.name, err: error }, "the edge could not store it");
    }
  }
}
