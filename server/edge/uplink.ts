import { io, type Socket } from "socket.io-client";
import type { CheckedClock } from "./checked-clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { Pump } from "./pump.ts";
import { QueueOutlet } from "./queue-outlet.ts";
import type { Queue } from "./queue.ts";
import type { UnknownMetrics } from "./unknown-metrics.ts";
import {
  type ActuationAnswer,
  BlockAnswer,
  type EdgeHealth,
  type EdgeHello,
  type EdgeToServer,
  ingestNamespace,
  type ProbeAnswer,
  type SeenValue,
  type ServerToEdge,
  StreamCursor,
} from "./uplink.contract.ts";

export interface UplinkOptions {
  readonly url: string;
  /** Authority of the server's certificate (PEM), with https. */
  readonly ca: string | null;
  readonly clock: CheckedClock;
  readonly log: Logger;
  readonly queue: Queue;
  readonly unknown: UnknownMetrics;
  readonly hello: () => EdgeHello;
  readonly onDocument: (signed: unknown) => Promise<void>;
  readonly onActuation: (actuation: unknown) => Promise<ActuationAnswer> | null;
  readonly onProbe: (ask: unknown) => Promise<ProbeAnswer>;
  readonly onPeek: (sourceId: unknown) => readonly SeenValue[];
  readonly health: () => EdgeHealth;
  /** How long a connected server may take to say welcome, ms. */
  readonly welcomeMs?: number;
}

/** Times of the link, ms. */
const ackMs = 5000;
const healthMs = 5000;
const usualWelcomeMs = 10_000;
const connectMs = 4000;
/** First try after 80 to 240 ms, then doubling. */
const retry = { reconnectionDelay: 160, randomizationFactor: 0.5 };
/** Most outages are restarts: whoever is back within a minute is found within a second. */
const shortOutageMs = 60_000;
const longestWaitMs = (awayMs: number): number => (awayMs < shortOutageMs ? 1000 : 5000);
const refusedRetryMs = 1000;

/**
 * The edge's way to the server (design §4): one WebSocket, hello and welcome, then blocks as they lie on the disk.
 * Documents and actuations come down.
 */
export class Uplink implements Service {
  readonly name = "uplink";
  readonly #options: UplinkOptions;
  readonly #outlet: QueueOutlet;
  readonly #pump: Pump;
  readonly #abort = new AbortController();
  #socket: Socket<ServerToEdge, EdgeToServer> | null = null;
  #welcomed = false;
  #awaySince: number;
  #timers = new Set<NodeJS.Timeout>();
  #loops: Promise<void>[] = [];

  constructor(options: UplinkOptions) {
    this.#options = options;
    const { clock, log, queue } = options;
    this.#awaySince = clock.monotonic();
    this.#outlet = new QueueOutlet(queue);
    this.#pump = new Pump({
      clock,
      log,
      queue,
      outlet: this.#outlet,
      ready: () => this.#welcomed && !this.#abort.signal.aborted,
      transmit: (frame) => this.#transmit(frame),
      onSilence: () => this.#reconnect("no answers"),
      after: (ms, run) => this.#after(ms, run),
    });
  }

  /** True from the server's welcome until the link is lost. */
  get online(): boolean {
    return this.#welcomed;
  }

  start(): void {
    const { url, ca, clock, queue, unknown, hello, log, welcomeMs = usualWelcomeMs } = this.#options;
    const socket: Socket<ServerToEdge, EdgeToServer> = io(`${url}${ingestNamespace}`, {
      transports: ["websocket"],
      forceNew: true,
      timeout: connectMs,
      auth: (give) => give(hello()),
      ...retry,
      reconnectionDelayMax: longestWaitMs(0),
      ...(ca === null ? {} : { ca }),
    });
    this.#socket = socket;
    socket.on("connect", () => {
      const { id } = socket;
      this.#after(welcomeMs, () => {
        if (!this.#welcomed && socket.id === id) this.#reconnect("no welcome");
      });
    });
    socket.on("connect_error", (error) => {
      log.debug({ err: error }, "the server cannot be reached");
      // Turned away by the server: the client gives up by itself then.
      if (!socket.active) this.#after(refusedRetryMs, () => socket.connect());
    });
    socket.io.on("reconnect_attempt", () => {
      socket.io.reconnectionDelayMax(longestWaitMs(clock.monotonic() - this.#awaySince));
    });
    socket.on("disconnect", (reason) => {
      log.warn({ reason }, "the link to the server is lost");
      if (this.#welcomed) this.#awaySince = clock.monotonic();
      this.#welcomed = false;
      this.#pump.forget();
      if (!socket.active) this.#after(refusedRetryMs * Math.random(), () => socket.connect());
    });
    socket.on("welcome", (welcome) => void this.#meet(welcome?.cursors, welcome?.now, "welcome"));
    socket.on("rewind", (cursors) => void this.#meet(cursors, null, "rewind"));
    socket.on("document", (signed) => void this.#options.onDocument(signed));
    socket.on("actuate", (actuation, answer) => void this.#actuate(actuation, answer));
    socket.on("probe", (ask, answer) => void this.#options.onProbe(ask).then(answer));
    socket.on("peek", (ask, answer) => answer(this.#options.onPeek(ask?.sourceId)));
    queue.onStored(() => this.#pump.wake());
    unknown.onNew = () => this.#after(200, () => void this.#report());
    this.#loops = [this.#everySoOften()];
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#welcomed = false;
    this.#socket?.disconnect();
    await Promise.all(this.#loops);
  }

  async #meet(given: unknown, now: unknown, why: string): Promise<void> {
    const { clock, log } = this.#options;
    const socketId = this.#socket?.id;
    const cursors = StreamCursor.array().safeParse(given);
    if (!cursors.success) return log.error({ why }, "the server's cursors could not be read");
    if (typeof now === "number" && Number.isFinite(now)) {
      const by = clock.meet(now);
      if (by !== 0) log.error({ ms: by }, "the clock of this computer is wrong; the server's is used");
    }
    this.#pump.forget();
    try {
      await this.#outlet.meet(cursors.data);
    } catch (error) {
      log.error({ err: error }, "the cursors could not be taken");
      return this.#reconnect("cursors");
    }
    if (this.#socket?.id !== socketId || socketId === undefined) return;
    this.#pump.forget();
    this.#welcomed = true;
    log.info({ why, cursors: cursors.data.length }, "in touch with the server");
    void this.#sayHealth();
    this.#pump.wake();
    void this.#report();
  }

  async #actuate(actuation: unknown, answer: unknown): Promise<void> {
    const result = await this.#options.onActuation(actuation);
    if (result !== null && typeof answer === "function") answer(result);
  }

  async #transmit(frame: Uint8Array): Promise<BlockAnswer> {
    const socket = this.#socket;
    if (socket === null || !this.#welcomed) throw new Error("no link");
    // A view of a larger buffer would be sent whole: socket.io takes the buffer behind a typed array.
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    return BlockAnswer.parse(await socket.timeout(ackMs).emitWithAck("block", bytes));
  }

  async #report(): Promise<void> {
    const metrics = this.#options.unknown.next();
    if (metrics.length === 0 || !this.#welcomed || this.#socket === null) return;
    try {
      await this.#socket.timeout(ackMs).emitWithAck("unknown_metrics", [...metrics]);
      this.#options.unknown.reported(metrics);
      if (this.#options.unknown.next().length > 0) void this.#report();
    } catch {
      this.#after(ackMs, () => void this.#report());
    }
  }

  async #everySoOften(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#options.clock.sleep(healthMs, signal);
      await this.#sayHealth();
    }
  }

  async #sayHealth(): Promise<void> {
    const { clock, health, log } = this.#options;
    try {
      const oldest = await Promise.all(
        this.#outlet.open().map(({ name }) => this.#outlet.oldestUnacked(name)),
      );
      const times = oldest.filter((at) => at !== null);
      const oldestUnackedMs = times.length === 0 ? null : clock.now() - Math.min(...times);
      if (this.#welcomed) this.#socket?.emit("health", { ...health(), oldestUnackedMs });
    } catch (error) {
      log.warn({ err: error }, "the edge's health could not be told");
    }
  }

  /** The end of a connection begins the next one. Without one the client is trying already, and would give that up. */
  #reconnect(reason: string): void {
    if (this.#socket?.connected !== true) return;
    this.#options.log.warn({ reason }, "connecting anew");
    this.#socket.disconnect();
  }

  #after(ms: number, run: () => unknown): void {
    if (this.#abort.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}
