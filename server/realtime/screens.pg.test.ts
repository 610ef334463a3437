import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import { Server as SocketServer } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { source, tag } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { station } from "#db/schema/execution/stations.ts";
import { testDb } from "#db/testing.ts";
import { type Actor, nobody } from "#server/core/actor.contract.ts";
import { systemClock } from "#server/core/clock.ts";
import { defineFact, publish } from "#server/core/facts.ts";
import { silentLogger } from "#server/core/log.ts";
import { alarmRaised } from "#server/execution/alarms/alarms.facts.ts";
import { createLiveCache } from "#server/execution/live/live-cache.ts";
import type { AlarmPush, Changed, SampleBlock, ScreenToServer, ServerToScreen, Watch } from "./protocol.contract.ts";
import { createScreens, type Screens } from "./screens.ts";

type Client = Socket<ServerToScreen, ScreenToServer>;

const moved = defineFact("test.moved", z.object({ machineId: z.number() }));
const stationId = randomUUID();
const http = createServer();
const sockets = new SocketServer(http, { transports: ["websocket"], perMessageDeflate: false });
const live = createLiveCache();
const clients: Client[] = [];
let handle: Awaited<ReturnType<typeof testDb>>;
let screens: Screens;
let url: string;
let machines: { own: number; next: number; far: number };
let line: number;
let tags: { melt: number; pressure: number; recipe: number; far: number };

/** People of this test by the cookie they send; who a cookie belongs to is the door's business. */
function whoIs(cookie: string | undefined): Actor {
  if (cookie === "who=station")
    return { kind: "station", name: "P1", roles: [], stationId, machineIds: [machines.own] };
  if (cookie === "who=supervisor")
    return { kind: "person", name: "Dana", personId: randomUUID(), roles: ["supervisor"] };
  return nobody;
}

beforeAll(async () => {
  handle = await testDb();
  const { db } = handle;
  const lines = await db
    .insert(equipment)
    .values([
      { level: "line", code: "moulding", name: "Moulding" },
      { level: "line", code: "finishing", name: "Finishing" },
    ])
    .returning();
  const unit = (code: string, lineId: number) => ({ code, name: code, lineId, kind: "press", microStopMs: 1, staleMs: 1 });
  line = lines[0]?.id ?? 0;
  const units = await db
    .insert(workUnit)
    .values([unit("press-1", line), unit("press-2", line), unit("oven-1", lines[1]?.id ?? 0)])
    .returning();
  machines = { own: units[0]?.id ?? 0, next: units[1]?.id ?? 0, far: units[2]?.id ?? 0 };
  const [gateway] = await db.insert(edge).values({ code: "e", name: "e", tokenHash: Buffer.alloc(32) }).returning();
  const [from] = await db.insert(source).values({ edgeId: gateway?.id ?? 0, code: "s", driver: "sparkplug" }).returning();
  const one = (metric: string, machineId: number, datatype: "number" | "text" = "number") => ({
    sourceId: from?.id ?? 0,
    machineId,
    metric,
    name: metric,
    meaning: "measurement",
    datatype,
  });
  const rows = await db
    .insert(tag)
    .values([
      one("melt", machines.own),
      one("pressure", machines.own),
      one("recipe", machines.own, "text"),
      one("far", machines.far),
    ])
    .returning();
  const id = (metric: string) => rows.find((row) => row.metric === metric)?.id ?? 0;
  tags = { melt: id("melt"), pressure: id("pressure"), recipe: id("recipe"), far: id("far") };
  live.setTags(rows.map((row) => ({ id: row.id, datatype: row.datatype })));
  await db.insert(station).values({ id: stationId, name: "P1", createdAt: new Date(systemClock.now()) });
  screens = createScreens({
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
  url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}/screens`;
});

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

afterAll(async () => {
  await screens.stop();
  await sockets.close();
  live.close();
  await handle.close();
});

function connect(who: string, page = randomUUID()): Client {
  const client: Client = io(url, {
    transports: ["websocket"],
    extraHeaders: { cookie: `who=${who}` },
    auth: { page },
    forceNew: true,
    reconnectionDelay: 50,
  });
  clients.push(client);
  return client;
}

const ask = (client: Client, watch: Partial<Watch>) =>
  client.timeout(5000).emitWithAck("watch", { scopes: [], tags: [], hz: 20, ...watch });

function collect<E extends keyof ServerToScreen>(client: Client, event: E): Parameters<ServerToScreen[E]>[0][] {
  const heard: Parameters<ServerToScreen[E]>[0][] = [];
  (client as Socket).on(event, (message: Parameters<ServerToScreen[E]>[0]) => heard.push(message));
  return heard;
}

function accept(values: Record<number, number | string>): void {
  const ids = Object.keys(values).map(Number);
  live.accept({
    tagIds: ids,
    sourceTs: ids.map(() => systemClock.now()),
    num: ids.map((id) => (typeof values[id] === "number" ? values[id] : Number.NaN)),
    txt: ids.map((id) => (typeof values[id] === "string" ? values[id] : null)),
    quality: ids.map(() => 0),
  });
}

const happen = (scope: string) =>
  handle.db.transaction((tx) => publish(tx, moved, scope, { machineId: 1 }, systemClock.now()));

test("a screen is greeted with version, build and the plant's time", async () => {
  const hello = collect(connect("station"), "hello");
  await expect.poll(() => hello.length).toBe(1);
  expect(hello[0]).toMatchObject({ version: 1, build: "b1" });
  expect(Math.abs((hello[0]?.now ?? 0) - systemClock.now())).toBeLessThan(5000);
});

test("a station may watch its machine and nothing else; nobody may watch anything", async () => {
  const client = connect("station");
  expect(await ask(client, { scopes: [`machine:${String(machines.own)}`], tags: [tags.melt] })).toMatchObject({ ok: true });
  for (const watch of [
    { scopes: [`machine:${String(machines.next)}`] },
    { scopes: ["plant"] },
    { scopes: [`line:${String(line)}`] },
    { tags: [tags.far] },
    { tags: [999_999] },
    { scopes: ["machine:1; drop table"] },
  ])
    expect(await ask(client, watch)).toEqual({ ok: false, code: "not_allowed" });
  expect(await ask(connect("stranger"), { scopes: ["plant"] })).toEqual({ ok: false, code: "sign_in_needed" });
});

test("a watch that is no watch is refused and the screen goes on", async () => {
  const client = connect("station");
  const raw = client as unknown as Socket;
  for (const nonsense of [null, "x", { scopes: 7 }, { scopes: [], tags: ["1"], hz: 1 }, { scopes: [], tags: [], hz: Infinity }])
    expect(await raw.timeout(5000).emitWithAck("watch", nonsense)).toEqual({ ok: false, code: "invalid" });
  raw.emit("watch", {}); // without a way to answer
  expect(await ask(client, { tags: [tags.melt] })).toMatchObject({ ok: true });
});

test("a screen that asks without end is told so", async () => {
  const client = connect("supervisor");
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(client, { scopes: ["plant"] })));
  expect(answers.some((answer) => !answer.ok && answer.code === "too_many")).toBe(true);
});

test("a watch begins with a snapshot; then only what changed comes, at once and numbered without a hole", async () => {
  accept({ [tags.melt]: 230, [tags.pressure]: 900 });
  const client = connect("station");
  const frames = collect(client, "samples");
  await ask(client, { tags: [tags.melt, tags.pressure], hz: 10 });
  await expect.poll(() => frames.length).toBe(1);
  expect(frames[0]).toMatchObject({ full: true, tags: [tags.melt, tags.pressure], values: [230, 900], q: [0, 0] });
  accept({ [tags.melt]: 231.5 });
  await expect.poll(() => frames.length).toBe(2);
  expect(frames[1]).toMatchObject({ full: false, seq: (frames[0]?.seq ?? 0) + 1, tags: [tags.melt], values: [231.5] });
});

test("a kiosk gets at most ten frames a second whatever it asks for, and the newest value is never left out", async () => {
  const client = connect("station");
  const frames = collect(client, "samples") as SampleBlock[];
  await ask(client, { tags: [tags.melt], hz: 20 });
  const start = systemClock.monotonic();
  let last = 0;
  while (systemClock.monotonic() - start < 1000) {
    last += 1;
    accept({ [tags.melt]: last });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => frames.at(-1)?.values[0]).toBe(last);
  // Snapshot, leading edge, ten in the second, one after it.
  expect(frames.length).toBeLessThanOrEqual(13);
  expect(frames.map((f) => f.seq)).toEqual(frames.map((_, i) => (frames[0]?.seq ?? 0) + i));
});

test("a fact reaches who watches its machine, its line and the plant, and nobody else", async () => {
  const own = connect("station");
  const desk = connect("supervisor");
  const far = connect("supervisor");
  const heard = { own: collect(own, "changed"), desk: collect(desk, "changed"), far: collect(far, "changed") };
  await ask(own, { scopes: [`machine:${String(machines.own)}`] });
  await ask(desk, { scopes: ["plant"] });
  await ask(far, { scopes: [`machine:${String(machines.far)}`] });
  await happen(`machine:${String(machines.own)}`);
  await happen("plant");
  await expect.poll(() => [heard.own.length, heard.desk.length, heard.far.length]).toEqual([2, 2, 1]);
  const [first] = heard.own as Changed[];
  expect(first).toMatchObject({ topic: "test.moved", scope: `machine:${String(machines.own)}` });
  expect(first?.concerns).toContain("plant");
  expect(heard.far[0]?.scope).toBe("plant");
});

test("a flood of facts about one thing is one change with the newest version", async () => {
  const desk = connect("supervisor");
  const heard = collect(desk, "changed");
  await ask(desk, { scopes: ["plant"] });
  await handle.db.transaction(async (tx) => {
    for (let i = 0; i < 200; i++)
      await publish(tx, moved, `machine:${String(machines.far)}`, { machineId: i }, systemClock.now());
  });
  await happen(`machine:${String(machines.own)}`);
  await expect.poll(() => heard.at(-1)?.scope).toBe(`machine:${String(machines.own)}`);
  expect(heard).toHaveLength(2);
});

test("an alarm's card is there before anybody reads anything", async () => {
  const client = connect("station");
  const order: string[] = [];
  const alarms = collect(client, "alarm") as AlarmPush[];
  client.on("alarm", () => order.push("alarm"));
  client.on("changed", () => order.push("changed"));
  await ask(client, { scopes: [`machine:${String(machines.own)}`] });
  const words = { key: "alarm.guard_open.title", params: {} };
  const id = randomUUID();
  const card = {
    ...{ id, version: 1, kind: "guard_open", state: "unack", active: true, priority: 1, machine: null, tag: null },
    ...{ title: words, text: words, todo: words, since: 1, raisedAt: 1, clearedAt: null, taken: null, shelved: null },
    ...{ cause: null, instruction: null, run: null, deviationId: null, adjustment: null },
  } as const;
  await handle.db.transaction((tx) =>
    publish(tx, alarmRaised, `machine:${String(machines.own)}`, { alarmId: id, machineId: machines.own, card }, systemClock.now()),
  );
  await expect.poll(() => order).toEqual(["alarm", "changed"]);
  expect(alarms[0]).toMatchObject({ id, machineId: machines.own, version: 1, card: { kind: "guard_open" } });
});

test("a station whose screen watches is known to be there", async () => {
  await ask(connect("station"), { tags: [tags.melt] });
  const [row] = await handle.db.select().from(station).where(eq(station.id, stationId));
  expect(systemClock.now() - (row?.lastSeenAt?.getTime() ?? 0)).toBeLessThan(10_000);
  expect(screens.metrics().stations).toBe(1);
});

test("a screen that takes nothing is cut, and told why when it comes back", async () => {
  const client = connect("station", "frozen-page");
  const hello = collect(client, "hello");
  await ask(client, { tags: [tags.recipe] });
  const stream = (client.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;
  stream.pause();
  const large = "x".repeat(1_000_000);
  const fill = setInterval(() => accept({ [tags.recipe]: large }), 20);
  await expect.poll(() => screens.metrics().cut, { timeout: 15_000 }).toMatchObject({ stalled: 1 });
  clearInterval(fill);
  stream.resume();
  await expect.poll(() => hello.at(-1)?.cut, { timeout: 10_000 }).toBe("stalled");
  expect(screens.metrics().conflated).toBeGreaterThan(0);
}, 30_000);

test("a screen that goes is forgotten", async () => {
  const client = connect("supervisor");
  await ask(client, { tags: [tags.far] });
  expect(screens.metrics().watchedTags).toBe(1);
  client.disconnect();
  await expect.poll(() => [screens.metrics().screens, screens.metrics().watchedTags]).toEqual([0, 0]);
});
