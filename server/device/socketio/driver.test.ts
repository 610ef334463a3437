import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { driverContract, type MachineSide, RecordingSink, type Rig } from "../driver-contract.ts";
import { createDevice } from "./client-example.ts";
import { createSocketIoDriver } from "./driver.ts";
import { batch, closers, connected, listener, send, started, token, tokenHash } from "./testing.ts";

class DeviceSide implements MachineSide {
  readonly written: { metric: string; value: unknown }[] = [];
  readonly #url: string;
  #device: ReturnType<typeof createDevice> | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  async come(): Promise<void> {
    this.#device ??= createDevice({
      url: this.#url,
      source: "packing",
      token,
      session: randomUUID(),
      clock: systemClock,
      capacity: 5000,
      onWrite: ({ metric, value }) => {
        this.written.push({ metric, value });
        this.say(metric, systemClock.now(), value);
        return { result: "accepted" };
      },
      onSent: () => {},
      onDropped: () => {},
      onProblem: () => {},
    });
    const device = this.#device;
    await expect.poll(() => device.connected(), { interval: 5, timeout: 4000 }).toBe(true);
  }

  say(metric: string, at: number, value: number | string | boolean | null | bigint): void {
    const wire = typeof value === "bigint" ? { int64: String(value) } : value;
    this.#device?.put([{ metric, at, value: wire, unit: metric === "m/Number" ? "°C" : null }]);
  }

  go(): Promise<void> {
    this.#device?.stop();
    this.#device = null;
    return Promise.resolve();
  }

  async talkNonsense(): Promise<void> {
    await this.go();
    const socket = await connected(this.#url, { source: "packing", token, session: "stranger" });
    const answer: unknown = await socket.timeout(2000).emitWithAck("readings", { hello: "machine" });
    expect(answer).toMatchObject({ result: "refused", reason: expect.stringContaining("v") });
    socket.disconnect();
  }
}

async function rig(): Promise<Rig> {
  const { server, url, cut, close } = await listener();
  const machine = new DeviceSide(url);
  return {
    driver: createSocketIoDriver({
      server,
      source: "packing",
      config: {},
      tokenHash,
      clock: systemClock,
      log: silentLogger,
    }),
    machine,
    restartMiddle: () => {
      cut();
      return Promise.resolve();
    },
    close: async () => {
      await machine.go();
      await close();
    },
  };
}

driverContract("socket.io", rig);

test("a wrong token and an unknown source are refused with the same words", async () => {
  const { url } = await started(new RecordingSink());
  for (const auth of [
    { source: "packing", token: "wrong", session: "s" },
    { source: "nobody", token, session: "s" },
  ]) {
    await expect(connected(url, auth)).rejects.toThrow("source or token is wrong");
  }
  await expect(connected(url, { token })).rejects.toThrow("auth must be");
});

test("a source without a token hash lets nobody in", async () => {
  const { server, url, close } = await listener();
  closers.push(close);
  const driver = createSocketIoDriver({
    server,
    source: "packing",
    config: {},
    tokenHash: null,
    clock: systemClock,
    log: silentLogger,
  });
  await driver.start(new RecordingSink(), new AbortController().signal);
  await expect(connected(url, { source: "packing", token: "", session: "s" })).rejects.toThrow();
  await expect(connected(url, { source: "packing", token, session: "s" })).rejects.toThrow("wrong");
  await driver.stop();
});

test("a batch is answered only after it is stored, and not at all as stored when the disk is full", async () => {
  const sink = new RecordingSink();
  const { url, session } = await started(sink);
  const socket = await connected(url, { source: "packing", token, session });
  sink.full = true;
  expect(await send(socket, batch(1, [0, 1_764_000_000_000, 1]))).toMatchObject({ result: "busy" });
  expect(sink.stored).toEqual([]);
  sink.full = false;
  expect(await send(socket, batch(1, [0, 1_764_000_000_000, 1]))).toEqual({ result: "stored", refused: [] });
  expect(sink.stored).toHaveLength(1);
});

test("a batch that overtook a failed one waits, so that the receipt never covers what is not stored", async () => {
  const sink = new RecordingSink();
  const { url, session } = await started(sink);
  const socket = await connected(url, { source: "packing", token, session });
  sink.full = true;
  const first = send(socket, batch(1, [0, 1, 1]));
  expect(await first).toMatchObject({ result: "busy" });
  sink.full = false;
  expect(await send(socket, batch(2, [0, 2, 2]))).toMatchObject({ result: "busy" });
  expect(await send(socket, batch(1, [0, 1, 1]))).toMatchObject({ result: "stored" });
  expect(await send(socket, batch(2, [0, 2, 2]))).toMatchObject({ result: "stored" });
  expect(sink.stored.map((r) => r.value)).toEqual([1, 2]);
  expect(sink.receipt).toEqual({ session, id: 2 });
});

test("a batch sent again after a lost answer, or to a restarted edge, is stored once", async () => {
  const sink = new RecordingSink();
  const first = await started(sink);
  const auth = { source: "packing", token, session: first.session };
  const socket = await connected(first.url, auth);
  await send(socket, batch(1, [0, 1, 1]));
  expect(await send(socket, batch(1, [0, 1, 1]))).toEqual({ result: "stored", refused: [] });
  socket.disconnect();
  await first.driver.stop();

  const second = await started(sink);
  const again = await connected(second.url, auth);
  expect(await send(again, batch(1, [0, 1, 1]))).toEqual({ result: "stored", refused: [] });
  expect(await send(again, batch(2, [0, 2, 2]))).toEqual({ result: "stored", refused: [] });
  expect(sink.stored.filter((r) => r.quality === 0).map((r) => r.value)).toEqual([1, 2]);
});

test("batches that were answered as stored and are gone from the edge's disk are a gap, told once", async () => {
  const sink = new RecordingSink();
  const { url, session } = await started(sink);
  const auth = { source: "packing", token, session };
  const socket = await connected(url, auth);
  await send(socket, batch(1, [0, 1, 1]));
  const reasons = () => sink.events.flatMap((event) => (event.kind === "gap" ? [event.reason] : []));
  const before = reasons();
  socket.disconnect();
  const again = await connected(url, auth);
  // The disk came back from a copy: of what the device knows as stored, 2 and 3 are not there.
  expect(await send(again, batch(4, [0, 4, 4]))).toMatchObject({ result: "stored" });
  expect(await send(again, "nothing that can be read")).toMatchObject({ result: "refused" });
  expect(await send(again, batch(5, [0, 5, 5]))).toMatchObject({ result: "stored" });
  expect(reasons().slice(before.length)).toEqual(["batches 2 to 3 were stored here and are lost"]);
});

test("bad rows are named and kept as unreadable while the good ones beside them are stored", async () => {
  const sink = new RecordingSink();
  const { url, session } = await started(sink);
  const socket = await connected(url, { source: "packing", token, session });
  const answer = await send(
    socket,
    batch(
      1,
      [0, 1_764_000_000_000, 5],
      [9, 1_764_000_000_000, 5],
      [0, "yesterday", 5],
      [0, 1_764_000_000_000, { nested: {} }],
      [0, 1_764_000_000_000, 5, 17],
      [0, 1_764_000_000_000, { int64: "9223372036854775808" }],
      [0, 1_764_000_000_000, "x".repeat(4097)],
      "row",
    ),
  );
  expect(answer).toMatchObject({
    result: "stored",
    refused: Array.from({ length: 7 }, (_, i) => ({ row: i + 1 })),
  });
  expect(sink.stored.map((r) => r.value)).toEqual([5]);
  expect(sink.events.filter((event) => event.kind === "unreadable")).toHaveLength(7);
});

test("a batch with too many readings, none, or too much text is refused whole, with the reason", async () => {
  const { url, session } = await started(new RecordingSink());
  const socket = await connected(url, { source: "packing", token, session });
  const row = [0, 1_764_000_000_000, 1];
  const many = batch(1, ...Array.from({ length: 501 }, () => row));
  expect(await send(socket, many)).toMatchObject({
    result: "refused",
    reason: expect.stringMatching(/rows.*500/),
  });
  expect(await send(socket, batch(1))).toMatchObject({ result: "refused" });
  const text = batch(1, ...Array.from({ length: 100 }, () => [0, 1, "x".repeat(4000)]));
  expect(await send(socket, text)).toMatchObject({
    result: "refused",
    reason: expect.stringMatching(/262144/),
  });
  expect(await send(socket, null)).toMatchObject({ result: "refused" });
  expect(await send(socket, batch(2, row))).toMatchObject({ result: "stored" });
});

test("a message of 10 MB ends the connection, and the device may come again", async () => {
  const { url, session, driver } = await started(new RecordingSink());
  const socket = await connected(url, { source: "packing", token, session });
  const gone = new Promise((resolve) => socket.once("disconnect", resolve));
  socket.emit("readings", batch(1, [0, 1, "x".repeat(10_000_000)]));
  await gone;
  socket.disconnect();
  await connected(url, { source: "packing", token, session });
  expect(driver.health().connected).toBe(true);
});

test("a device that takes over its own old connection is the one that is heard", async () => {
  const sink = new RecordingSink();
  const { url, session } = await started(sink);
  const old = await connected(url, { source: "packing", token, session });
  const fresh = await connected(url, { source: "packing", token, session });
  await expect.poll(() => old.connected).toBe(false);
  expect(await send(fresh, batch(1, [0, 1, 1]))).toMatchObject({ result: "stored" });
});

test("a write the device does not answer is unknown, and one it refuses is refused with its reason", async () => {
  const { url, session, driver } = await started(new RecordingSink());
  const socket = await connected(url, { source: "packing", token, session });
  await send(socket, batch(1, [0, 1, 1]));
  socket.once("write", (_write, answer: (answer: unknown) => void) =>
    answer({ result: "refused", reason: "local" }),
  );
  expect(await driver.write("m/Number", 2)).toEqual({ result: "refused", reason: "local" });
  socket.once("write", (_write, answer: (answer: unknown) => void) => answer("certainly"));
  expect(await driver.write("m/Number", 2)).toMatchObject({ result: "unknown" });
  const unanswered = driver.write("m/Number", 2);
  socket.once("write", () => socket.disconnect());
  expect(await unanswered).toMatchObject({ result: "unknown" });
});
