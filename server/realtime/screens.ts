import type { Namespace, Server as SocketServer, Socket } from "socket.io";
import type { Db } from "#db/client.ts";
import type { Clock } from "#server/core/clock.ts";
import type { Fact } from "#server/core/facts.ts";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import type { LiveCache } from "#server/execution/live/live-cache.ts";
import { touchStation } from "#server/execution/people/presence.ts";
import type { Identity } from "#server/http/identity.ts";
import { sessionRooms } from "#server/http/sockets.ts";
import { createChangeFeed } from "./change-feed.ts";
import { messagesOf } from "./messages.ts";
import {
  protocolVersion,
  type ScreenToServer,
  screensNamespace,
  type ServerToScreen,
  type WatchAnswer,
} from "./protocol.contract.ts";
import {
  everybody,
  maxHz,
  mayWatch,
  mayWatchTag,
  parseScope,
  roomsOf,
  type Topology,
} from "./rooms.rules.ts";
import { SampleFeed, type SampleFeedCounts } from "./sample-feed.ts";
import { Backlog, type BacklogLimits } from "./backlog.ts";
import { readTopology } from "./topology.queries.ts";
import { Watch } from "./watch.contract.ts";

export interface ScreensDeps {
  readonly io: SocketServer;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveCache;
  /** Who a socket is, from the cookies of its handshake, as the database has it now. */
  readonly actorFromHandshake: (handshake: { headers: { cookie?: string | undefined } }) => Promise<Identity>;
  /** Names the build of the screens; a page of another build reloads itself when nobody uses it. */
  readonly build?: string;
  readonly limits?: Partial<BacklogLimits> & { readonly maxScreens?: number };
}

export interface ScreensMetrics extends Readonly<SampleFeedCounts> {
  readonly screens: number;
  readonly stations: number;
  readonly watchedTags: number;
  readonly changes: number;
  readonly alarms: number;
  /** Screens that were cut, by reason. */
  readonly cut: Readonly<Record<string, number>>;
  readonly refused: number;
}

export interface Screens extends Service {
  metrics(): ScreensMetrics;
  /** Asks every page to load itself anew when nobody uses it. */
  reload(reason: string): void;
}

type ScreenSocket = Socket<ScreenToServer, ServerToScreen>;

interface Screen {
  readonly socket: ScreenSocket;
  readonly page: string;
  readonly feed: SampleFeed;
  readonly backlog: Backlog;
  stationId: string | null;
  /** Watches of the running second; more than a few are a fault. */
  asked: { second: number; count: number };
}

const heartbeatMs = 5000;
const topologyMs = 60_000;
const watchesPerSecond = 20;
/** Pages whose reason for being cut is remembered until they come back. */
const rememberedCuts = 500;

/** Feeds screens: `changed` and alarms from the outbox, samples from the live cache. Screens only ever watch. */
export function createScreens(deps: ScreensDeps): Screens {
  const { io, db, clock, log, live, actorFromHandshake, build = "unbuilt" } = deps;
  const maxScreens = deps.limits?.maxScreens ?? 1000;
  const space = io.of(screensNamespace) as Namespace<ScreenToServer, ServerToScreen>;
  const screens = new Map<string, Screen>();
  const watchers = new Map<number, Set<SampleFeed>>();
  const cuts = new Map<string, string>();
  const counts = { frames: 0, values: 0, conflated: 0 };
  const totals = { changes: 0, alarms: 0, refused: 0, cut: {} as Record<string, number> };
  let topology: Topology = { lineOf: () => undefined, machinesOf: () => [], machineOfTag: () => undefined };
  let topologyAt = -Infinity;

  async function refreshTopology(olderThanMs: number): Promise<void> {
    if (clock.monotonic() - topologyAt < olderThanMs) return;
    topologyAt = clock.monotonic();
    topology = await readTopology(db);
  }

  function setWatchers(screen: Screen, tags: ReadonlySet<number>): void {
    for (const id of screen.feed.tags) {
      const feeds = watchers.get(id);
      feeds?.delete(screen.feed);
      if (feeds?.size === 0) watchers.delete(id);
    }
    for (const id of tags) {
      const feeds = watchers.get(id);
      if (feeds === undefined) watchers.set(id, new Set([screen.feed]));
      else feeds.add(screen.feed);
    }
  }

  /** Rooms are permissions: each scope and tag is authorised anew at every watch. */
  async function watch(screen: Screen, asked: unknown): Promise<WatchAnswer> {
    const second = Math.floor(clock.monotonic() / 1000);
    if (screen.asked.second !== second) screen.asked = { second, count: 0 };
    screen.asked.count += 1;
    if (screen.asked.count > watchesPerSecond) return refuse("too_many");
    const parsed = Watch.safeParse(asked);
    if (!parsed.success) return refuse("invalid");
    const { actor, stationId } = await actorFromHandshake(screen.socket.handshake);
    if (actor.kind === "nobody") return refuse("sign_in_needed");
    if (stationId !== null && screen.stationId !== stationId) await touchStation(db, stationId, clock.now());
    screen.stationId = stationId;
    const scopes = parsed.data.scopes.map((text) => parseScope(text));
    const denied = () =>
      scopes.some((scope) => scope === null || !mayWatch(actor, scope, topology)) ||
      parsed.data.tags.some((tag) => !mayWatchTag(actor, tag, topology));
    // A machine or tag of the last minute may be unknown here yet.
    if (denied()) await refreshTopology(1000);
    if (denied()) return refuse("not_allowed");
    if (!screen.socket.connected) return refuse("invalid");
    const wanted = new Set([everybody, ...parsed.data.scopes]);
    for (const room of screen.socket.rooms) {
      if (room !== screen.socket.id && isScopeRoom(room) && !wanted.has(room)) void screen.socket.leave(room);
    }
    void screen.socket.join([...wanted]);
    const tags = new Set(parsed.data.tags);
    setWatchers(screen, tags);
    // The answer goes first: whoever asked counts frames from it.
    queueMicrotask(() => {
      if (screen.socket.connected) screen.feed.watch(tags, Math.min(parsed.data.hz, maxHz(actor)));
    });
    return { ok: true, now: clock.now() };
  }

  function refuse(code: string): WatchAnswer {
    totals.refused += 1;
    return { ok: false, code };
  }

  async function connected(socket: ScreenSocket): Promise<void> {
    const auth = socket.handshake.auth as { page?: unknown };
    const page = typeof auth.page === "string" ? auth.page.slice(0, 64) : socket.id;
    if (screens.size >= maxScreens) {
      log.warn({ screens: screens.size }, "too many screens; one was turned away");
      socket.disconnect(true);
      return;
    }
    const sink = {
      backlog: () => backlog.packets(),
      send: (block: Parameters<ServerToScreen["samples"]>[0]) => socket.emit("samples", block),
    };
    const backlog = new Backlog(socket.conn as never, deps.limits);
    const screen: Screen = {
      socket,
      page,
      feed: new SampleFeed({ live, clock, sink, counts }),
      backlog,
      stationId: null,
      asked: { second: 0, count: 0 },
    };
    screens.set(socket.id, screen);
    socket.on("disconnect", () => {
      setWatchers(screen, new Set());
      screen.feed.close();
      screens.delete(socket.id);
    });
    socket.on("watch", (asked, answer) => {
      if (typeof answer !== "function") return;
      watch(screen, asked).then(answer, (error: unknown) => {
        log.error({ err: error }, "watch failed");
        answer(refuse("database_away"));
      });
    });
    socket.on("unwatch", (answer) => {
      setWatchers(screen, new Set());
      screen.feed.watch(new Set(), 1);
      for (const room of socket.rooms) if (isScopeRoom(room)) void socket.leave(room);
      if (typeof answer === "function") answer();
    });
    const cut = cuts.get(page);
    cuts.delete(page);
    socket.emit("hello", {
      version: protocolVersion,
      now: clock.now(),
      build,
      ...(cut === undefined ? {} : { cut }),
    });
    const identity = await actorFromHandshake(socket.handshake);
    if (!socket.connected) return;
    // So that it can be cut when the session it came in with ends.
    await socket.join(sessionRooms(identity));
  }

  function cutSlowOnes(): void {
    for (const screen of screens.values()) {
      const reason = screen.backlog.check(clock.monotonic());
      if (reason === null) continue;
      totals.cut[reason] = (totals.cut[reason] ?? 0) + 1;
      cuts.set(screen.page, reason);
      const oldest = cuts.keys().next();
      if (cuts.size > rememberedCuts && oldest.done !== true) cuts.delete(oldest.value);
      log.warn({ page: screen.page, reason, packets: screen.backlog.packets() }, "a slow screen was cut");
      screen.socket.conn.close(true);
    }
  }

  async function heartbeat(): Promise<void> {
    const ids = new Set([...screens.values()].flatMap(({ stationId }) => stationId ?? []));
    for (const id of ids) await touchStation(db, id, clock.now());
  }

  function handOn(facts: readonly Fact[]): void {
    for (const message of messagesOf(facts, (scope) => roomsOf(scope, topology))) {
      const to = space.to([...message.rooms]);
      if (message.kind === "alarm") {
        totals.alarms += 1;
        to.emit("alarm", message.alarm);
      } else {
        totals.changes += 1;
        to.emit("changed", message.changed);
      }
    }
  }

  function tell(changedTagIds: readonly number[]): void {
    const touched = new Set<SampleFeed>();
    for (const id of changedTagIds) {
      for (const feed of watchers.get(id) ?? []) {
        feed.touch(id);
        touched.add(feed);
      }
    }
    for (const feed of touched) feed.flush();
  }

  const changes = createChangeFeed({ db, clock, log, onFacts: handOn });
  const timers: NodeJS.Timeout[] = [];
  let unsubscribe: () => void = () => {};
  const quietly = (what: Promise<void>, name: string) =>
    void what.catch((error: unknown) => log.warn({ err: error }, `${name} failed`));

  return {
    name: "screens",
    async start() {
      await refreshTopology(0);
      await changes.start(new AbortController().signal);
      unsubscribe = live.subscribe((changedTagIds) => tell(changedTagIds));
      space.on("connection", (socket) => quietly(connected(socket), "a screen's connection"));
      timers.push(
        setInterval(cutSlowOnes, 500),
        setInterval(() => quietly(heartbeat(), "station heartbeat"), heartbeatMs),
        setInterval(() => quietly(refreshTopology(topologyMs), "reading the topology"), topologyMs),
      );
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      unsubscribe();
      space.removeAllListeners("connection");
      space.disconnectSockets(true);
      await changes.stop();
    },
    metrics: () => ({
      screens: screens.size,
      stations: new Set([...screens.values()].flatMap(({ stationId }) => stationId ?? [])).size,
      watchedTags: watchers.size,
      ...counts,
      changes: totals.changes,
      alarms: totals.alarms,
      cut: { ...totals.cut },
      refused: totals.refused,
    }),
    reload(reason) {
      space.emit("reload", { reason });
    },
  };
}

function isScopeRoom(room: string): boolean {
  return room === everybody || parseScope(room) !== null;
}
