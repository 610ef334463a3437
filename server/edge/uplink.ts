import { io, type Socket } from "socket.io-client";
import type { CheckedClock } from "./checked-clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { epochKey } from "./queue-keys.ts";
import { type OutletEpoch, QueueOutlet } from "./queue-outlet.ts";
import type { Queue } from "./queue.ts";
import { Sender, type SenderParts } from "./sender.ts";
import type { UnknownMetrics } from "./unknown-metrics.ts";
import {
  type ActuationAnswer,
  BlockAnswer,
  type EdgeHealth,
  type EdgeHello,
  type EdgeToServer,
  inFlight,
  ingestNamespace,
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
  readonly health: () => EdgeHealth;
  /** How long a connected server may take to say welcome, ms. */
  readonly welcomeMs?: number;
}

/** Times of the link, ms. */
const ackMs = 5000;
const healthMs = 5000;
const usualWelcomeMs = 10_000;
/** Live data that is older than this when the link works again is backlog (design §4.2). */
const backlogMs = 60_000;
/** First try after 80 to 240 ms, then doubling to 5 s. */
const retry = { reconnectionDelay: 160, reconnectionDelayMax: 5000, randomizationFactor: 0.5 };
const refusedRetryMs = 1000;
const maxTimeouts = 3;

/**
 * The edge's way to the server (design §4): one WebSocket, hello and welcome, then blocks as they lie on the disk, at
 * most four of a stream unanswered, events and live readings before the backlog. Documents and actuations come down.
 */
export class Uplink implements Service {
  readonly name = "uplink";
  readonly #options: UplinkOptions;
  readonly #outlet: QueueOutlet;
  readonly #senders = new Map<string, Sender>();
  readonly #abort = new AbortController();
  #socket: Socket<ServerToEdge, EdgeToServer> | null = null;
  #welcomed = false;
  #pumping = false;
  #again = false;
  #wakeAt: number | null = null;
  #timers = new Set<NodeJS.Timeout>();
  #loops: Promise<void>[] = [];

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#outlet = new QueueOutlet(options.queue);
  }

  /** True from the server's welcome until the link is lost. */
  get online(): boolean {
    return this.#welcomed;
  }

  start(): void {
    const { url, ca, queue, unknown, hello, log, welcomeMs = usualWelcomeMs } = this.#options;
    const socket: Socket<ServerToEdge, EdgeToServer> = io(`${url}${ingestNamespace}`, {
      transports: ["websocket"],
      forceNew: true,
      timeout: 5000,
      auth: (give) => give(hello()),
      ...retry,
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
    socket.on("disconnect", (reason) => {
      log.warn({ reason }, "the link to the server is lost");
      this.#welcomed = false;
      this.#senders.clear();
      if (!socket.active) this.#after(refusedRetryMs * Math.random(), () => socket.connect());
    });
    socket.on("welcome", (welcome) => void this.#meet(welcome?.cursors, welcome?.now, "welcome"));
    socket.on("rewind", (cursors) => void this.#meet(cursors, null, "rewind"));
    socket.on("document", (signed) => void this.#options.onDocument(signed));
    socket.on("actuate", (actuation, answer) => void this.#actuate(actuation, answer));
    queue.onStored(() => this.#pump());
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
    this.#senders.clear();
    try {
      await this.#outlet.meet(cursors.data);
    } catch (error) {
      log.error({ err: error }, "the cursors could not be taken");
      return this.#reconnect("cursors");
    }
    if (this.#socket?.id !== socketId || socketId === undefined) return;
    this.#senders.clear();
    this.#welcomed = true;
    log.info({ why, cursors: cursors.data.length }, "in touch with the server");
    void this.#sayHealth();
    this.#pump();
    void this.#report();
  }

  async #actuate(actuation: unknown, answer: unknown): Promise<void> {
    const result = await this.#options.onActuation(actuation);
    if (result !== null && typeof answer === "function") answer(result);
  }

  /** Sends whatever may be sent now. Runs once at a time; what wakes it meanwhile makes it look again. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pumpAll().finally(() => {
      this.#pumping = false;
      if (this.#again) this.#pump();
    });
  }

  async #pumpAll(): Promise<void> {
    while (this.#again && this.#welcomed && !this.#abort.signal.aborted) {
      this.#again = false;
      for (const epochs of streamsOf(this.#outlet.open())) {
        try {
          await this.#pumpStream(epochs);
        } catch (error) {
          this.#options.log.error({ err: error }, "a stream could not be sent");
          this.#after(1000, () => this.#pump());
        }
      }
    }
    if (!this.#welcomed) this.#again = false;
  }

  /** Live before backlog, and one place in flight kept for the backlog, oldest epoch first. */
  async #pumpStream(epochs: readonly OutletEpoch[]): Promise<void> {
    const live = epochs.find((epoch) => epoch.live);
    const backlog = epochs.find((epoch) => !epoch.live);
    const senders = [live, backlog].flatMap((epoch) => (epoch === undefined ? [] : [this.#sender(epoch)]));
    const flying = () =>
      epochs.reduce((sum, e) => sum + (this.#senders.get(epochKey(e.name))?.inFlight ?? 0), 0);
    for (const sender of senders) {
      const keep = senders.length === 2 && sender === senders[0] ? 1 : 0;
      while (flying() < inFlight - keep && (await sender.send()));
    }
  }

  #sender(epoch: OutletEpoch): Sender {
    const key = epochKey(epoch.name);
    const known = this.#senders.get(key);
    if (known !== undefined) return known;
    const sender = new Sender(epoch.name, epoch.acked, this.#senderParts());
    this.#senders.set(key, sender);
    return sender;
  }

  #senderParts(): SenderParts {
    const { clock, log, queue } = this.#options;
    return {
      clock,
      log,
      outlet: this.#outlet,
      transmit: (frame) => this.#transmit(frame),
      wake: (ms = 0) => {
        if ([...this.#senders.values()].some((s) => s.timeouts >= maxTimeouts)) this.#reconnect("no answers");
        if (ms <= 0) this.#pump();
        else this.#wakeIn(ms);
      },
      isBacklog: ({ header }) => {
        const { state } = queue.disk;
        const epoch = state.get(header);
        if (header.kind === "events" || epoch === undefined || !state.isLive(epoch)) return false;
        return clock.now() - header.edgeTime > backlogMs;
      },
      rotate: (lane) => queue.rotate(lane),
    };
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

  /** One timer for all pauses: the earliest counts, and who still pauses then asks again. */
  #wakeIn(ms: number): void {
    const at = this.#options.clock.monotonic() + ms;
    if (this.#wakeAt !== null && this.#wakeAt <= at) return;
    this.#wakeAt = at;
    this.#after(Math.ceil(ms) + 1, () => {
      if (this.#wakeAt === at) this.#wakeAt = null;
      this.#pump();
    });
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

/** Streams in the order in which they are served: events first, they are few and tell of alarms. */
function streamsOf(epochs: readonly OutletEpoch[]): OutletEpoch[][] {
  const streams = new Map<string, OutletEpoch[]>();
  for (const kind of ["events", "readings"] as const) {
    for (const epoch of epochs.filter((e) => e.name.kind === kind)) {
      const key = `${kind}|${epoch.name.lane}`;
      streams.set(key, [...(streams.get(key) ?? []), epoch]);
    }
  }
  return [...streams.values()];
}
