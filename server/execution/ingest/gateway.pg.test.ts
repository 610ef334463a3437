import { randomUUID } from "node:crypto";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setting } from "#db/schema/core/core.ts";
import { deadLetter, discoveredMetric, ingestCursor } from "#db/schema/edge/ingest.ts";
import { systemClock } from "#server/core/clock.ts";
import type { Actuation } from "#server/edge/uplink.contract.ts";
import { block, deliver, eventBlock, randomEpoch, send } from "./testing-blocks.ts";
import { testIngest, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await testIngest("gw");
});
afterAll(() => ingest.close());

const start = systemClock.now();

test("an edge is welcomed with its cursors, and blocks are acked after they are stored", async () => {
  const { value, numbersOf } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const answer = await send(
    socket,
    block({ epoch, first: 1, readings: [value(start, 1), value(start + 1, 2)] }),
  );
  expect(answer).toEqual({ result: "acked", acked: 2 });
  expect(await numbersOf({ epoch })).toEqual([1, 2]);
  const again = await ingest.edge();
  expect(again.welcome.cursors).toContainEqual({ lane: 0, kind: "readings", epoch, acked: 2 });
});

test("blocks that wait are merged, every one is answered, and nothing is doubled by repeats", async () => {
  const { value, numbersOf } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const frames = Array.from({ length: 40 }, (_, i) =>
    block({
      epoch,
      first: 1 + i * 25,
      readings: Array.from({ length: 25 }, (_x, j) => value(start + i, i * 25 + j)),
    }),
  );
  const answers = await Promise.all([...frames, ...frames.slice(5, 15)].map((frame) => send(socket, frame)));
  expect(answers.every((answer) => answer.result === "acked")).toBe(true);
  expect(await numbersOf({ epoch })).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("a hole is asked for, and what a gap event explains is stepped over", async () => {
  const { value } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  await send(socket, block({ epoch, first: 1, readings: [value(start, 1)] }));
  const later = block({ epoch, first: 5, readings: [value(start, 5)] });
  expect(await send(socket, later)).toEqual({ result: "expect", seq: 2 });
  const gap = {
    kind: "gap" as const,
    at: start,
    sourceId: null,
    machineId: null,
    data: { stream: { kind: "readings", lane: 0, epoch }, from: 2, to: 4, reason: "queue_full" },
  };
  await send(socket, eventBlock({ epoch: randomEpoch(), first: 1, events: [gap] }));
  expect(await send(socket, later)).toEqual({ result: "acked", acked: 5 });
});

test("13.1: NaN, a NUL in a text, the year 2999 and an unknown tag do not stop their block", async () => {
  const { plant, value, numbersOf, lettersOf } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const frame = block({
    epoch,
    first: 1,
    readings: [
      value(start, 1),
      { tagId: plant.text, at: start, value: "run\0ning" },
      value(Date.UTC(2999, 0, 1), 2),
      { tagId: 4_000_000_000, at: start, value: 3 },
      { tagId: 0, at: start, value: null },
      { tagId: plant.numbers[1] ?? 0, at: start, value: null, quality: 2 },
      value(start + 9, 7),
    ],
    dead: [{ seq: 5, reason: "not_a_number", raw: { value: "NaN" } }],
  });
  expect(await send(socket, frame)).toEqual({ result: "acked", acked: 7 });
  expect(await numbersOf({ epoch })).toEqual([1, null, 7]);
  const letters = await lettersOf(epoch);
  expect(letters.map(({ seq, reason }) => [seq, reason])).toEqual([
    [2, "nul_in_text"],
    [3, "time_in_future"],
    [4, "unknown_tag"],
    [5, "not_a_number"],
  ]);
});

test("a frame that cannot be decoded is refused and kept whole, once however often it comes", async () => {
  const { db, value } = ingest;
  const { socket } = await ingest.edge();
  const frame = block({ epoch: randomEpoch(), first: 1, readings: [value(start, 1)] });
  frame[frame.length - 6] = (frame[frame.length - 6] ?? 0) ^ 0xff;
  expect(await send(socket, frame)).toEqual({ result: "refused", reason: "checksum" });
  expect(await send(socket, frame)).toEqual({ result: "refused", reason: "checksum" });
  expect(await send(socket, "not a frame" as unknown as Uint8Array)).toMatchObject({ result: "refused" });
  const letters = await db
    .select()
    .from(deadLetter)
    .where(sql`stream_id is null`)
    .orderBy(asc(deadLetter.id));
  expect(letters.map(({ reason, times }) => [reason, times])).toEqual([
    ["frame_checksum", 2],
    ["frame_torn", 1],
  ]);
  expect(Buffer.from(letters[0]?.raw ?? "", "base64").equals(Buffer.from(frame))).toBe(true);
});

test("a wrong token, an unknown edge and a hello of another shape are all just unauthorised", async () => {
  const { plant, server } = ingest;
  for (const auth of [
    { edgeCode: plant.edgeCode, token: "wrong" },
    { edgeCode: "nobody", token: plant.token },
    { edgeCode: 7 as unknown as string, token: plant.token },
  ]) {
    await expect(server.edge(auth)).rejects.toThrow("unauthorised");
  }
});

test("a message of 10 MB ends its connection and nothing else", async () => {
  const { value } = ingest;
  const { socket } = await ingest.edge();
  const epoch = randomEpoch();
  const gone = new Promise<string>((resolve) => socket.once("disconnect", resolve));
  socket.emit("block", new Uint8Array(10_000_000), () => {});
  expect(await gone).toBe("transport close");
  expect(await deliver(socket, block({ epoch, first: 1, readings: [value(start, 1)] }))).toMatchObject({
    acked: 1,
  });
});

test("13.2: the live value comes with the block; an older or a historical one does not replace it", async () => {
  const { plant, server } = ingest;
  const { socket } = await ingest.edge();
  const tagId = plant.numbers[2] ?? 0;
  const changed: number[] = [];
  const stop = server.live.subscribe((ids) => changed.push(...ids));
  const epoch = randomEpoch();
  const at = systemClock.now();
  const frame = (first: number, time: number, v: number, historical = false) =>
    block({ epoch, first, readings: [{ tagId, at: time, value: v }], historical });
  await send(socket, frame(1, at, 5));
  await send(socket, frame(2, at - 60_000, 4));
  await send(socket, frame(3, at + 1, 9, true));
  expect(server.live.latest(tagId)).toEqual({ value: 5, sourceTime: at, quality: 0 });
  await send(
    socket,
    block({
      epoch,
      first: 4,
      readings: [
        { tagId: plant.boolean, at, value: 1 },
        { tagId: plant.text, at, value: "idle" },
      ],
    }),
  );
  expect(server.live.snapshot([plant.boolean, plant.text])).toEqual(
    new Map([
      [plant.boolean, { value: true, sourceTime: at, quality: 0 }],
      [plant.text, { value: "idle", sourceTime: at, quality: 0 }],
    ]),
  );
  expect(changed).toEqual([tagId, plant.boolean, plant.text]);
  stop();
});

const actuation: Actuation = {
  id: randomUUID(),
  counterEpoch: "e",
  counter: 1,
  adjustmentId: null,
  machineId: 1,
  tagId: 1,
  value: 230,
  unit: "°C",
  expected: 235,
  notAfter: start + 60_000,
  ttlMs: 5000,
  approver: "Dana Novak",
};

test("an actuation is answered by the edge; silence is unknown, an absent edge was never asked", async () => {
  const { plant, server } = ingest;
  const { socket } = await ingest.edge();
  socket.once("actuate", (given, answer) =>
    answer({ id: given.id, result: "accepted", reason: null, readBack: 235, at: start }),
  );
  expect(await server.gateway.actuate(plant.edgeId, actuation, 2000)).toMatchObject({ result: "accepted" });
  expect(await server.gateway.actuate(plant.edgeId, actuation, 50)).toMatchObject({
    result: "unknown",
    reason: "no_answer",
  });
  socket.once("actuate", (_given, answer) => answer({ result: "accepted" } as never));
  expect(await server.gateway.actuate(plant.edgeId, actuation, 2000)).toMatchObject({
    result: "unknown",
    reason: "unreadable_answer",
  });
  expect(await server.gateway.actuate(999, actuation, 2000)).toMatchObject({
    result: "refused",
    reason: "edge_away",
  });
});

test("an unknown metric is kept once and stays unmapped", async () => {
  const { db, plant } = ingest;
  const { socket } = await ingest.edge();
  const metric = { sourceId: plant.sourceId, metric: "press/New", datatype: "number" as const, unit: "bar" };
  await socket.emitWithAck("unknown_metrics", [metric, { ...metric, sourceId: 99_999 }]);
  await socket.emitWithAck("unknown_metrics", [metric]);
  const rows = await db.select().from(discoveredMetric);
  expect(rows.map(({ metric: name, unit, state }) => [name, unit, state])).toEqual([
    ["press/New", "bar", "new"],
  ]);
});

test("a metric that has a tag is none to be mapped, though an edge without it in its document asks what it is", async () => {
  const { db, plant } = ingest;
  const { socket } = await ingest.edge();
  const known = { sourceId: plant.sourceId, metric: "guard", datatype: "boolean" as const, unit: null };
  await socket.emitWithAck("unknown_metrics", [known]);
  const rows = await db.select().from(discoveredMetric).where(eq(discoveredMetric.metric, "guard"));
  expect(rows.map(({ state }) => state)).toEqual(["mapped"]);
});

test("after a restore the edge is asked to send again what is newer than the cursors", async () => {
  const { db } = ingest;
  await db.insert(setting).values({ key: "restored", value: { at: systemClock.now() } });
  const asked = new Promise<unknown>((resolve) => {
    void ingest.edge().then(({ socket }) => socket.once("rewind", resolve));
  });
  const rows = await db.select().from(ingestCursor);
  expect((await asked) as unknown[]).toHaveLength(rows.length);
  await db.delete(setting).where(eq(setting.key, "restored"));
});
