import { io, type Socket } from "socket.io-client";
import {
  type AlarmPush,
  type Changed,
  protocolVersion,
  type ScreenToServer,
  screensNamespace,
  type ServerToScreen,
} from "#server/realtime/protocol.contract.ts";
import { ClockOffset } from "./clock-offset.ts";
import { type Need, Needs } from "./needs.ts";
import { SampleStore } from "./sample-store.ts";

/**
 * `connecting` until the first snapshot, `live` while the server answers, `away` since it does not,
 * `refused` when the server takes no watch of this screen (nobody signed on any more).
 */
export interface LinkState {
  readonly phase: "connecting" | "live" | "away" | "refused";
  /** When it became so, on the plant's clock, ms. */
  readonly since: number;
  /** The server runs another version than this page; the page reloads itself when nobody is busy with it. */
  readonly outdated: boolean;
}

export interface LiveOptions {
  /** Most frames a second: ≤ 20 at a desk, ≤ 10 at a kiosk. */
  readonly hz: number;
  /** This device's clock, ms. */
  readonly clock: () => number;
}

/** How often the clock is compared with the plant's while nothing else is asked, ms. */
const measureEvery = 30_000;

/** One screen's connection: what it needs goes up, samples, changes and alarms come down. Knows no React. */
export class LiveLink {
  readonly samples = new SampleStore((paint) => requestAnimationFrame(paint));
  readonly offset = new ClockOffset();
  readonly #options: LiveOptions;
  readonly #needs = new Needs();
  readonly #changed = new Set<(changed: Changed | "everything") => void>();
  readonly #alarms = new Set<(alarm: AlarmPush) => void>();
  readonly #state = new Set<() => void>();
  #socket: Socket<ServerToScreen, ScreenToServer> | undefined;
  #link: LinkState;
  #asked = false;
  #onWatched: (() => void)[] = [];
  #build: string | undefined;
  #measuring: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#link = { phase: "connecting", since: options.clock(), outdated: false };
  }

  get state(): LinkState {
    return this.#link;
  }

  /** The plant's time as this screen knows it, ms. */
  now(): number {
    return this.#options.clock() + this.offset.ms;
  }

  open(): () => void {
    const socket: Socket<ServerToScreen, ScreenToServer> = io(screensNamespace, {
      transports: ["websocket"],
      reconnectionDelay: 250,
      reconnectionDelayMax: 5000,
      randomizationFactor: 0.5,
      timeout: 5000,
      // The page names itself, so that the server can tell it why it was cut the last time.
      auth: { page: crypto.getRandomValues(new Uint32Array(2)).join("-"), version: protocolVersion },
    });
    this.#socket = socket;
    socket.on("hello", (hello) => {
      this.#build ??= hello.build;
      if (hello.version !== protocolVersion || hello.build !== this.#build) this.#become({ outdated: true });
    });
    socket.on("connect", () => {
      this.samples.reconnected();
      void this.#watch().then((ok) => ok && this.#tell("everything"));
    });
    socket.on("disconnect", (reason) => {
      this.#become({ phase: "away" });
      // The server cut this screen on purpose; the library reconnects by itself only after accidents.
      if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000);
    });
    socket.on("connect_error", () => {
      this.#become({ phase: "away" });
      if (!socket.active) setTimeout(() => socket.connect(), 5000);
    });
    socket.on("samples", (block) => {
      if (!this.samples.apply(block)) void this.#watch();
    });
    socket.on("changed", (changed) => this.#tell(changed));
    socket.on("alarm", (alarm) => {
      for (const listener of this.#alarms) listener(alarm);
    });
    socket.on("reload", () => this.#become({ outdated: true }));
    this.#measuring = setInterval(() => {
      if (socket.connected) void this.#watch();
    }, measureEvery);
    return () => {
      clearInterval(this.#measuring);
      socket.disconnect();
    };
  }

  /**
   * `onWatched` is called once the server has taken the need up: what was read before may miss a change since.
   * @returns a function that gives the need up again
   */
  need(need: Need, onWatched?: () => void): () => void {
    const giveUp = this.#needs.add(need);
    if (onWatched !== undefined) this.#onWatched.push(onWatched);
    this.#ask();
    return () => {
      giveUp();
      this.#ask();
    };
  }

  /** `everything` is told after each reconnect: whatever happened meanwhile was not heard. */
  onChanged(listener: (changed: Changed | "everything") => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  onAlarm(listener: (alarm: AlarmPush) => void): () => void {
    this.#alarms.add(listener);
    return () => this.#alarms.delete(listener);
  }

  onState(listener: () => void): () => void {
    this.#state.add(listener);
    return () => this.#state.delete(listener);
  }

  /** Parts of a screen come and go together; they are asked for once, after all of them. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      if (this.#socket?.connected === true) void this.#watch();
    });
  }

  async #watch(): Promise<boolean> {
    const socket = this.#socket;
    if (socket === undefined) return false;
    const asked = this.#options.clock();
    const waiting = this.#onWatched;
    this.#onWatched = [];
    try {
      const answer = await socket.timeout(5000).emitWithAck("watch", this.#needs.watch(this.#options.hz));
      if (!answer.ok) {
        this.#become({ phase: "refused" });
        return false;
      }
      this.offset.measure(asked, this.#options.clock(), answer.now);
      this.#become({ phase: "live" });
      for (const listener of waiting) listener();
      return true;
    } catch {
      this.#onWatched.push(...waiting);
      // No answer in time: the connection is as good as gone, and a new one brings a new snapshot.
      if (socket.connected) socket.disconnect().connect();
      return false;
    }
  }

  #tell(changed: Changed | "everything"): void {
    for (const listener of this.#changed) listener(changed);
  }

  #become(next: Partial<Omit<LinkState, "since">>): void {
    const phase = next.phase ?? this.#link.phase;
    const outdated = next.outdated ?? this.#link.outdated;
    if (phase === this.#link.phase && outdated === this.#link.outdated) return;
    const since = phase === this.#link.phase ? this.#link.since : this.now();
    this.#link = { phase, since, outdated };
    for (const listener of this.#state) listener();
  }
}
