import { asc, eq, inArray } from "drizzle-orm";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { source, tag } from "#db/schema/device/tags.ts";
import { deadLetter, discoveredMetric } from "#db/schema/edge/ingest.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { SparkplugNode } from "#server/device/simulator/sparkplug-node.ts";
import { deviceNamespace } from "#server/device/socketio/wire.contract.ts";
import { deviceToken, type RunningEdge } from "#server/edge/testing/edges.ts";
import { testEdge } from "./testing-edge.ts";
import { testIngest, type TestIngest } from "./testing.ts";

const patience = { timeout: 15_000, interval: 20 };

/**
 * What devices say that nobody can use, over the whole way: a real device, a real edge, the real gateway, Postgres.
 * Each is a dead letter with its reason, and the good readings around it are stored, each once.
 */
let ingest: TestIngest;
let edge: RunningEdge;
/** The first number, and one that a Sparkplug machine says. */
let number: number;
let melt: number;

beforeAll(async () => {
  ingest = await testIngest("bad");
  const { db, plant } = ingest;
  number = plant.numbers[0] ?? 0;
  await db.update(tag).set({ unit: "°C", low: 0, high: 400 }).where(eq(tag.id, number));
  await db.update(tag).set({ meaning: "fault" }).where(eq(tag.id, plant.text));
  const [spark] = await db
    .insert(source)
    .values({
      edgeId: plant.edgeId,
      code: "spark",
      driver: "sparkplug",
      config: { group: "millwright", node: "bad" },
    })
    .returning();
  const [row] = await db
    .insert(tag)
    .values({
      sourceId: spark?.id ?? 0,
      machineId: plant.machineId,
      metric: "press-9/Melt",
      name: "Melt",
      meaning: "good",
      datatype: "number",
      unit: "°C",
    })
    .returning();
  melt = row?.id ?? 0;
  edge = await testEdge(ingest);
}, 60_000);
afterAll(async () => {
  await edge.stop();
  await ingest.close();
});

async function device(session: string): Promise<Socket> {
  const socket = io(`http://127.0.0.1:${edge.devices.port}${deviceNamespace}`, {
    auth: { source: "packing", token: deviceToken, session },
    transports: ["websocket"],
    forceNew: true,
  });
  await new Promise((resolve, reject) => {
    socket.once("hello", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

const numbersOf = (tagId: number) => ingest.numbersOf({ tagId });

const delivered = () =>
  vi.waitFor(
    () => expect(edge.health()).toMatchObject({ unackedReadings: 0, queueBlocks: expect.any(Number) }),
    patience,
  );

test("seconds, 2999, another unit, beyond the range, a NUL, a wrong type and an unknown metric: each has its letter", async () => {
  const socket = await device("one");
  const now = systemClock.now();
  const batch = {
    v: 1,
    id: 1,
    metrics: ["m0", "state", "m0", "mystery", "m0"],
    units: ["°C", null, "bar", "mm", "°F"],
    rows: [
      [0, now, 1],
      [0, Math.floor(now / 1000), 2],
      [0, now + 1, 3],
      [0, Date.UTC(2999, 0, 1), 4],
      [2, now + 2, 5],
      [0, now + 2, 6],
      [0, now + 3, 400.5],
      [0, now + 3, 8],
      [1, now + 3, "E4\u00002"],
      [0, now + 4, "231"],
      [3, now + 4, 10],
      [4, now + 5, 482],
      [0, now + 6, 12],
    ],
  };
  const answer = await socket.timeout(5000).emitWithAck("readings", batch);
  expect(answer).toMatchObject({ result: "stored" });
  // Said again, as after a lost answer: it is the same batch.
  expect(await socket.timeout(5000).emitWithAck("readings", batch)).toMatchObject({ result: "stored" });
  await delivered();
  await vi.waitFor(async () => expect(await numbersOf(number)).toHaveLength(6), patience);
  const numbers = await numbersOf(number);
  expect(numbers.map((num) => Math.round((num ?? 0) * 1e6) / 1e6)).toEqual([1, 3, 6, 8, 250, 12]);
  expect(await ingest.readingsOf({ tagId: ingest.plant.text })).toEqual([]);
  const letters = await ingest.db.select().from(deadLetter).orderBy(asc(deadLetter.seq));
  const told = letters.map((letter) => [
    letter.reason,
    (JSON.parse(letter.raw) as { value: unknown }).value,
    letter.times,
  ]);
  expect(told).toEqual([
    ["time_in_seconds", 2, 1],
    ["time_in_future", 4, 1],
    ["wrong_unit", 5, 1],
    ["out_of_range", 400.5, 1],
    ["nul_in_text", "E4\u24002", 1],
    ["wrong_type", "231", 1],
    ["unknown_tag", 10, 1],
  ]);
  await expect
    .poll(async () => (await ingest.db.select().from(discoveredMetric)).map((row) => row.metric), patience)
    .toEqual(["mystery"]);
  socket.disconnect();
}, 60_000);

test("NaN and Infinity from a machine are letters, and what it says before and after is stored", async () => {
  let value = 230;
  const node = new SparkplugNode({
    url: `mqtt://127.0.0.1:${edge.broker?.port ?? 0}`,
    group: "millwright",
    node: "bad",
    devices: new Map([["press-9", [{ name: "Melt", wire: "Double", unit: "°C" }]]]),
    capacity: 1000,
    clock: systemClock,
    log: silentLogger,
    present: () => [{ device: "press-9", name: "Melt", at: systemClock.now(), value }],
    onWrite: () => null,
    onSent: () => undefined,
    onDropped: () => undefined,
  });
  node.start();
  // An edge that came late asks for the birth again, and the birth says once more what holds.
  const once = <T>(said: readonly T[]) => said.filter((one, i) => one !== said[i - 1]);
  await vi.waitFor(async () => expect(once(await numbersOf(melt))).toEqual([230]), patience);
  const at = systemClock.now();
  for (const [i, said] of [231, Number.NaN, Number.POSITIVE_INFINITY, 232].entries()) {
    value = said;
    node.put([{ device: "press-9", name: "Melt", at: at + i, value: said }]);
  }
  await vi.waitFor(async () => expect(once(await numbersOf(melt))).toEqual([230, 231, 232]), patience);
  const letters = await ingest.db
    .select()
    .from(deadLetter)
    .where(inArray(deadLetter.reason, ["not_a_number"]))
    .orderBy(asc(deadLetter.seq));
  expect(once(letters.map((letter) => (JSON.parse(letter.raw) as { value: unknown }).value))).toEqual([
    "NaN",
    "Infinity",
  ]);
  await node.stop();
}, 60_000);

test("a message that is no batch, and a torn packet, end in words or a closed line; the next is stored", async () => {
  const socket = await device("two");
  const ask = (said: unknown) => socket.timeout(5000).emitWithAck("readings", said);
  for (const said of ['{"v":1,', [], { v: 2 }, { v: 1, id: 0, metrics: ["m0"], rows: [[0, 1, 1]] }])
    expect(await ask(said)).toMatchObject({ result: "refused", reason: expect.any(String) });
  // A packet that is no socket.io at all: the line is closed, and only this one.
  const torn = await device("three");
  const closed = new Promise((resolve) => torn.io.engine.once("close", resolve));
  torn.io.engine.write('42/device,["readings",{"v":1,');
  await closed;
  torn.disconnect();
  // The same device comes again: it has taken over its line meanwhile.
  const again = await device("four");
  const before = (await numbersOf(number)).length;
  const good = { v: 1, id: 1, metrics: ["m0"], rows: [[0, systemClock.now(), 77]] };
  expect(await again.timeout(5000).emitWithAck("readings", good)).toMatchObject({ result: "stored" });
  await vi.waitFor(async () => expect((await numbersOf(number)).slice(before)).toEqual([77]), patience);
  again.disconnect();
  socket.disconnect();
}, 60_000);
