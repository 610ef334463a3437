import { asc, eq, sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { edgeEvent, ingestCursor } from "#db/schema/edge/ingest.ts";
import { systemClock } from "#server/core/clock.ts";
import type { EdgeEvent } from "#server/edge/uplink.contract.ts";
import { block, deliver, type EdgeClient, eventBlock, randomEpoch, send } from "./testing-blocks.ts";
import { makePlant, testIngest, type TestIngest } from "./testing.ts";

/** The database hangs, or will not take one thing among many: what the edge hears, and what stands afterwards. */
let ingest: TestIngest;
beforeAll(async () => {
  ingest = await testIngest("trouble", { deadlineMs: 150, concurrency: 1 });
  const { db } = ingest;
  // A disk, a constraint, a fault of our own: something that refuses one value and no other.
  await db.execute(sql`create function refuse_poison() returns trigger language plpgsql as $$
    begin
      if new.num = 666 then raise exception 'poison' using errcode = '22000'; end if;
      return new;
    end $$`);
  await db.execute(
    sql`create trigger poison before insert on reading for each row execute function refuse_poison()`,
  );
  await db.execute(sql`create function refuse_poisoned_event() returns trigger language plpgsql as $$
    begin
      if new.data ->> 'device' = 'poison' then raise exception 'poison' using errcode = '22000'; end if;
      return new;
    end $$`);
  await db.execute(
    sql`create trigger poison before insert on edge_event for each row execute function refuse_poisoned_event()`,
  );
});
afterAll(() => ingest.close());

const start = systemClock.now();
const values = (from: number, to: number, change: (n: number) => number = (n) => n) =>
  Array.from({ length: to - from + 1 }, (_, i) => ingest.value(start + from + i, change(from + i)));

const stored = async (epoch: string) =>
  (await ingest.readingsOf({ epoch })).map((row) => [row.seq, row.num] as const);

/** An answer that comes within the deadline and a bit, long before the query itself is given up. */
const soon = (socket: EdgeClient, frame: Uint8Array) => socket.timeout(3000).emitWithAck("block", frame);

test("while the database hangs the edge is told to wait, and afterwards nothing is missing and nothing doubled", async () => {
  const { db, server, url } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const frames = [0, 1, 2].map((n) =>
    block({ epoch, first: 1 + n * 10, readings: values(1 + n * 10, 10 + n * 10) }),
  );
  const [first = new Uint8Array(0), ...later] = frames;
  expect(await send(socket, first)).toEqual({ result: "acked", acked: 10 });
  // Somebody else holds the row that every block of this stream needs.
  const somebody = postgres(url, { max: 1, onnotice: () => {} });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const holding = somebody.begin(async (tx) => {
    await tx`select 1 from ingest_cursor for update`;
    locked();
    await held;
  });
  await isLocked;
  // Each is said again and again, as an edge does that hears nothing but `busy`.
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(later.map((frame) => soon(socket, frame)));
    expect(answers).toEqual(later.map(() => ({ result: "busy", retryMs: expect.any(Number) })));
  }
  // Another edge only waits for its turn, and is not left without a word either.
  const other = await makePlant(db, "neighbour");
  const neighbour = await server.edge(other);
  const theirs = { tagId: other.numbers[0] ?? 0, at: start, value: 1 };
  const turn = block({ epoch: randomEpoch(), first: 1, readings: [theirs] });
  expect(await soon(neighbour.socket, turn)).toMatchObject({ result: "busy" });
  expect(await stored(epoch)).toHaveLength(10);
  expect(server.gateway.figures().busy).toBeGreaterThanOrEqual(7);
  release();
  await holding;
  await somebody.end();
  for (const [i, frame] of later.entries())
    expect(await deliver(socket, frame)).toEqual({ result: "acked", acked: 20 + i * 10 });
  expect(await deliver(neighbour.socket, turn)).toEqual({ result: "acked", acked: 1 });
  expect(await stored(epoch)).toEqual(values(1, 30).map(({ value }) => [value, value]));
  expect(server.gateway.figures().inFlightBytes).toBe(0);
}, 60_000);

test("one reading that the database will not take becomes a dead letter; all around it are stored, in order", async () => {
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const readings = values(1, 100, (n) => (n === 37 || n === 38 || n === 100 ? 666 : n));
  expect(await deliver(socket, block({ epoch, first: 1, readings }))).toEqual({
    result: "acked",
    acked: 100,
  });
  const poisoned = [37, 38, 100];
  expect((await stored(epoch)).map(([seq]) => seq)).toEqual(
    Array.from({ length: 100 }, (_, i) => i + 1).filter((seq) => !poisoned.includes(seq)),
  );
  const letters = await ingest.lettersOf(epoch);
  expect(letters.map(({ seq, reason }) => [seq, reason])).toEqual(poisoned.map((seq) => [seq, "unreadable"]));
  for (const letter of letters) {
    const { value, sourceTime, reason } = JSON.parse(letter.raw) as Record<string, unknown>;
    expect([value, sourceTime, reason]).toEqual([
      "666",
      start + (letter.seq ?? 0),
      expect.stringContaining("poison"),
    ]);
  }
  // The stream goes on behind it, and what came again is not stored again.
  expect(await deliver(socket, block({ epoch, first: 1, readings }))).toEqual({
    result: "acked",
    acked: 100,
  });
  expect(await deliver(socket, block({ epoch, first: 101, readings: values(101, 102) }))).toEqual({
    result: "acked",
    acked: 102,
  });
  expect(await stored(epoch)).toHaveLength(99);
  expect(await ingest.lettersOf(epoch)).toHaveLength(3);
}, 60_000);

test("one event that the database will not take keeps its place and what it said, the others are as they were", async () => {
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const events = Array.from({ length: 9 }, (_, i): EdgeEvent => ({
    kind: "birth",
    at: start + i,
    sourceId: ingest.plant.sourceId,
    machineId: null,
    data: { device: i === 5 ? "poison" : `press-${i}` },
  }));
  const frame = eventBlock({ epoch, first: 1, events });
  expect(await deliver(socket, frame)).toEqual({ result: "acked", acked: 9 });
  expect(await deliver(socket, frame)).toEqual({ result: "acked", acked: 9 });
  const rows = await ingest.db
    .select()
    .from(edgeEvent)
    .where(eq(edgeEvent.epoch, epoch))
    .orderBy(asc(edgeEvent.seq));
  expect(rows.map(({ seq, kind }) => [seq, kind])).toEqual(events.map((_, i) => [i + 1, "birth"]));
  const said = rows.map((row) => (row.data as { device?: string }).device ?? "lost");
  expect(said).toEqual(events.map((event, i) => (i === 5 ? "lost" : event.data["device"])));
  expect(rows[5]?.data).toMatchObject({
    unreadable: expect.stringContaining("poison"),
    said: expect.stringContaining('"device":"poison"'),
  });
}, 60_000);

test("a block whose every reading is poison leaves its cursor at its end and a letter for each", async () => {
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const frame = block({ epoch, first: 1, readings: values(1, 5, () => 666) });
  expect(await deliver(socket, frame)).toEqual({ result: "acked", acked: 5 });
  expect(await stored(epoch)).toEqual([]);
  expect((await ingest.lettersOf(epoch)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  const [cursor] = await ingest.db.select().from(ingestCursor).where(eq(ingestCursor.epoch, epoch));
  expect(cursor?.ackedSeq).toBe(5);
}, 60_000);
