import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { station } from "#db/schema/execution/stations.ts";
import { systemClock } from "#server/core/clock.ts";
import { defineFact, publish } from "#server/core/facts.ts";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import { alarmRaised } from "#server/execution/alarms/alarms.facts.ts";
import type { Socket } from "socket.io-client";
import { ask, collect, startScreens } from "./testing.ts";

const moved = defineFact("test.moved", z.object({ machineId: z.number() }));

let plant: Awaited<ReturnType<typeof startScreens>>;
beforeAll(async () => {
  plant = await startScreens();
});
afterEach(() => plant.goAway());
afterAll(() => plant.stop());

const happen = (scope: string) =>
  plant.db.transaction((tx) => publish(tx, moved, scope, { machineId: 1 }, systemClock.now()));

test("a screen is greeted with version, build and the plant's time", async () => {
  const hello = collect(plant.connect("station"), "hello");
  await expect.poll(() => hello.length).toBe(1);
  expect(hello[0]).toMatchObject({ version: 1, build: "b1" });
  expect(Math.abs((hello[0]?.now ?? 0) - systemClock.now())).toBeLessThan(5000);
});

test("a station may watch its machine and nothing else; nobody may watch anything", async () => {
  const client = plant.connect("station");
  expect(
    await ask(client, { scopes: [`machine:${String(plant.machines.own)}`], tags: [plant.tags.melt] }),
  ).toMatchObject({ ok: true });
  for (const watch of [
    { scopes: [`machine:${String(plant.machines.next)}`] },
    { scopes: ["plant"] },
    { scopes: [`line:${String(plant.line)}`] },
    { tags: [plant.tags.far] },
    { tags: [999_999] },
    { scopes: ["machine:1; drop table"] },
  ])
    expect(await ask(client, watch)).toEqual({ ok: false, code: "not_allowed" });
  expect(await ask(plant.connect("stranger"), { scopes: ["plant"] })).toEqual({
    ok: false,
    code: "sign_in_needed",
  });
});

test("a watch that is no watch is refused and the screen goes on", async () => {
  const client = plant.connect("station");
  const raw = client as unknown as Socket;
  for (const nonsense of [
    null,
    "x",
    { scopes: 7 },
    { scopes: [], tags: ["1"], hz: 1 },
    { scopes: [], tags: [], hz: Infinity },
  ])
    expect(await raw.timeout(5000).emitWithAck("watch", nonsense)).toEqual({ ok: false, code: "invalid" });
  raw.emit("watch", {}); // without a way to answer
  expect(await ask(client, { tags: [plant.tags.melt] })).toMatchObject({ ok: true });
});

test("a screen that asks without end is told so", async () => {
  const client = plant.connect("supervisor");
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(client, { scopes: ["plant"] })));
  expect(answers.some((answer) => !answer.ok && answer.code === "too_many")).toBe(true);
});

test("a watch begins with a snapshot; then only what changed comes, at once and numbered without a hole", async () => {
  plant.accept({ [plant.tags.melt]: 230, [plant.tags.pressure]: 900 });
  const client = plant.connect("station");
  const frames = collect(client, "samples");
  await ask(client, { tags: [plant.tags.melt, plant.tags.pressure], hz: 10 });
  await expect.poll(() => frames.length).toBe(1);
  expect(frames[0]).toMatchObject({
    full: true,
    tags: [plant.tags.melt, plant.tags.pressure],
    values: [230, 900],
    q: [0, 0],
  });
  plant.accept({ [plant.tags.melt]: 231.5 });
  await expect.poll(() => frames.length).toBe(2);
  expect(frames[1]).toMatchObject({
    full: false,
    seq: (frames[0]?.seq ?? 0) + 1,
    tags: [plant.tags.melt],
    values: [231.5],
  });
});

test("a kiosk gets at most ten frames a second whatever it asks for, and the newest value is never left out", async () => {
  const client = plant.connect("station");
  const frames = collect(client, "samples");
  await ask(client, { tags: [plant.tags.melt], hz: 20 });
  const start = systemClock.monotonic();
  let last = 0;
  while (systemClock.monotonic() - start < 1000) {
    last += 1;
    plant.accept({ [plant.tags.melt]: last });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => frames.at(-1)?.values[0]).toBe(last);
  // Snapshot, leading edge, ten in the second, one after it.
  expect(frames.length).toBeLessThanOrEqual(13);
  expect(frames.map((f) => f.seq)).toEqual(frames.map((_, i) => (frames[0]?.seq ?? 0) + i));
});

test("a fact reaches who watches its machine, its line and the plant, and nobody else", async () => {
  const own = plant.connect("station");
  const desk = plant.connect("supervisor");
  const far = plant.connect("supervisor");
  const heard = {
    own: collect(own, "changed"),
    desk: collect(desk, "changed"),
    far: collect(far, "changed"),
  };
  await ask(own, { scopes: [`machine:${String(plant.machines.own)}`] });
  await ask(desk, { scopes: ["plant"] });
  await ask(far, { scopes: [`machine:${String(plant.machines.far)}`] });
  await happen(`machine:${String(plant.machines.own)}`);
  await happen("plant");
  await expect.poll(() => [heard.own.length, heard.desk.length, heard.far.length]).toEqual([2, 2, 1]);
  const [first] = heard.own;
  expect(first).toMatchObject({ topic: "test.moved", scope: `machine:${String(plant.machines.own)}` });
  expect(first?.concerns).toContain("plant");
  expect(heard.far[0]?.scope).toBe("plant");
});

test("a flood of facts about one thing is one change with the newest version", async () => {
  const desk = plant.connect("supervisor");
  const heard = collect(desk, "changed");
  await ask(desk, { scopes: ["plant"] });
  await plant.db.transaction(async (tx) => {
    for (let i = 0; i < 200; i++)
      await publish(tx, moved, `machine:${String(plant.machines.far)}`, { machineId: i }, systemClock.now());
  });
  await happen(`machine:${String(plant.machines.own)}`);
  await expect.poll(() => heard.at(-1)?.scope).toBe(`machine:${String(plant.machines.own)}`);
  expect(heard).toHaveLength(2);
});

test("an alarm's card is there before anybody reads anything", async () => {
  const client = plant.connect("station");
  const order: string[] = [];
  const alarms = collect(client, "alarm");
  client.on("alarm", () => order.push("alarm"));
  client.on("changed", () => order.push("changed"));
  await ask(client, { scopes: [`machine:${String(plant.machines.own)}`] });
  const words = { key: "alarm.guard_open.title", params: {} };
  const id = randomUUID();
  const card: AlarmCard = {
    id,
    version: 1,
    kind: "guard_open",
    state: "unack",
    active: true,
    blocksChanges: true,
    priority: 1,
    machine: null,
    tag: null,
    title: words,
    text: words,
    todo: words,
    since: 1,
    raisedAt: 1,
    clearedAt: null,
    taken: null,
    shelved: null,
    cause: null,
    instruction: null,
    run: null,
    deviationId: null,
    adjustment: null,
  };
  await plant.db.transaction((tx) =>
    publish(
      tx,
      alarmRaised,
      `machine:${String(plant.machines.own)}`,
      { alarmId: id, machineId: plant.machines.own, card },
      systemClock.now(),
    ),
  );
  await expect.poll(() => order).toEqual(["alarm", "changed"]);
  expect(alarms[0]).toMatchObject({
    id,
    machineId: plant.machines.own,
    version: 1,
    card: { kind: "guard_open" },
  });
});

test("a station whose screen watches is known to be there", async () => {
  await ask(plant.connect("station"), { tags: [plant.tags.melt] });
  const [row] = await plant.db.select().from(station).where(eq(station.id, plant.stationId));
  expect(systemClock.now() - (row?.lastSeenAt?.getTime() ?? 0)).toBeLessThan(10_000);
  expect(plant.screens.metrics().stations).toBe(1);
});

test("a screen that takes nothing is cut, and told why when it comes back", async () => {
  const client = plant.connect("station", "frozen-page");
  const hello = collect(client, "hello");
  await ask(client, { tags: [plant.tags.recipe] });
  const stream = (
    client.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }
  ).ws._socket;
  stream.pause();
  const large = "x".repeat(1_000_000);
  const fill = setInterval(() => plant.accept({ [plant.tags.recipe]: large }), 20);
  await expect.poll(() => plant.screens.metrics().cut, { timeout: 15_000 }).toMatchObject({ stalled: 1 });
  clearInterval(fill);
  stream.resume();
  await expect.poll(() => hello.at(-1)?.cut, { timeout: 10_000 }).toBe("stalled");
  expect(plant.screens.metrics().conflated).toBeGreaterThan(0);
}, 30_000);

test("a screen that goes is forgotten", async () => {
  const client = plant.connect("supervisor");
  await ask(client, { tags: [plant.tags.far] });
  expect(plant.screens.metrics().watchedTags).toBe(1);
  client.disconnect();
  await expect
    .poll(() => [plant.screens.metrics().screens, plant.screens.metrics().watchedTags])
    .toEqual([0, 0]);
});
