import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as SocketServer } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { station } from "#db/schema/execution/stations.ts";
import { testDb } from "#db/testing.ts";
import { type Actor, nobody } from "#server/core/actor.contract.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createLiveCache } from "#server/execution/live/live-cache.ts";
import type { ScreenToServer, ServerToScreen, Watch } from "./protocol.contract.ts";
import { createScreens } from "./screens.ts";

export type Client = Socket<ServerToScreen, ScreenToServer>;

const http = createServer();
const sockets = new SocketServer(http, { transports: ["websocket"], perMessageDeflate: false });
const clients: Client[] = [];

/** Two lines, three machines and four tags in a real database, and the screens' server on a real port. */
export async function startScreens() {
  const handle = await testDb();
  const { db } = handle;
  const live = createLiveCache();
  const stationId = randomUUID();
  const lines = await db
    .insert(equipment)
    .values([
      { level: "line", code: "moulding", name: "Moulding" },
      { level: "line", code: "finishing", name: "Finishing" },
    ])
    .returning();
  const unit = (code: string, lineId: number) => ({
    code,
    name: code,
    lineId,
    kind: "press",
    microStopMs: 1,
    staleMs: 1,
  });
  const line = lines[0]?.id ?? 0;
  const units = await db
    .insert(workUnit)
    .values([unit("press-1", line), unit("press-2", line), unit("oven-1", lines[1]?.id ?? 0)])
    .returning();
  const machines = { own: units[0]?.id ?? 0, next: units[1]?.id ?? 0, far: units[2]?.id ?? 0 };
  const [gateway] = await db
    .insert(edge)
    .values({ code: "e", name: "e", tokenHash: Buffer.alloc(32) })
    .returning();
  const [from] = await db
    .insert(source)
    .values({ edgeId: gateway?.id ?? 0, code: "s", driver: "sparkplug" })
    .returning();
  const one = (metric: string, machineId: number, datatype: "number" | "text" = "number") => ({
    sourceId: from?.id ?? 0,
    machineId,
    metric,
    name: metric,
    meaning: "measurement",
    datatype,
  });
  const { own, far } = machines;
  const rows = await db
    .insert(tag)
    .values([one("melt", own), one("pressure", own), one("recipe", own, "text"), one("far", far)])
    .returning();
  const id = (metric: string) => rows.find((row) => row.metric === metric)?.id ?? 0;
  live.setTags(rows.map((row) => ({ id: row.id, datatype: row.datatype })));
  await db.insert(station).values({ id: stationId, name: "P1", createdAt: new Date(systemClock.now()) });

  /** People of these tests by the cookie they send; who a cookie belongs to is the door's business. */
  const whoIs = (cookie: string | undefined): Actor => {
    if (cookie === "who=station")
      return { kind: "station", name: "P1", roles: [], stationId, machineIds: [own] };
    if (cookie === "who=supervisor")
      return { kind: "person", name: "Dana", personId: randomUUID(), roles: ["supervisor"] };
    return nobody;
  };
  const screens = createScreens({
    io: sockets,
    db,
    clock: systemClock,
    log: silentLogger,
    live,
    actorFromHandshake: async ({ headers }) => {
      const actor = whoIs(headers.cookie);
      return { actor, session: null, stationId: actor.stationId ?? null };
    },
    build: "b1",
    limits: { stalledMs: 1000 },
  });
  await screens.start(new AbortController().signal);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}/screens`;

  return {
    db,
    screens,
    stationId,
    line,
    machines,
    tags: { melt: id("melt"), pressure: id("pressure"), recipe: id("recipe"), far: id("far") },
    connect(who: string, page: string = randomUUID()): Client {
      const client: Client = io(url, {
        transports: ["websocket"],
        extraHeaders: { cookie: `who=${who}` },
        auth: { page },
        forceNew: true,
        reconnectionDelay: 50,
      });
      clients.push(client);
      return client;
    },
    /** Values arrive, as the ingest hands them on. */
    accept(values: Record<number, number | string>): void {
      const ids = Object.keys(values).map(Number);
      const now = systemClock.now();
      live.accept({
        tagIds: ids,
        sourceTs: ids.map(() => now),
        num: ids.map((tagId) => (typeof values[tagId] === "number" ? values[tagId] : Number.NaN)),
        txt: ids.map((tagId) => (typeof values[tagId] === "string" ? values[tagId] : null)),
        quality: ids.map(() => 0),
      });
    },
    goAway(): void {
      for (const client of clients.splice(0)) client.disconnect();
    },
    async stop(): Promise<void> {
      await screens.stop();
      await sockets.close();
      live.close();
      await handle.close();
    },
  };
}

export function ask(client: Client, watch: Partial<Watch>) {
  return client.timeout(5000).emitWithAck("watch", { scopes: [], tags: [], hz: 20, ...watch });
}

/** Everything a client hears of one event from now on. */
export function collect<E extends keyof ServerToScreen>(
  client: Client,
  event: E,
): Parameters<ServerToScreen[E]>[0][] {
  const heard: Parameters<ServerToScreen[E]>[0][] = [];
  client.onAny((name: string, message: Parameters<ServerToScreen[E]>[0]) => {
    if (name === event) heard.push(message);
  });
  return heard;
}
