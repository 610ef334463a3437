import { expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import { createSocketIoDriver } from "./driver.ts";
import { batch, closers, connected, listener, send, started, token, tokenHash } from "./testing.ts";

test("a device that wants no answer does not speak the protocol and is sent away", async () => {
  const sink = new RecordingSink();
  const { url } = await started(sink);
  const socket = await connected(url, { source: "packing", token, session: "s1" });
  const gone = new Promise((resolve) => socket.once("disconnect", resolve));
  socket.emit("readings", batch(1, [0, 1_764_000_000_000, 1]));
  expect(await gone).toBe("io server disconnect");
  expect(sink.stored).toEqual([]);
});

test("of more batches than may wait at once the last are told to come again", async () => {
  const sink = new RecordingSink();
  let open: () => void = () => undefined;
  const door = new Promise<void>((resolve) => (open = resolve));
  const stored = sink.readings.bind(sink);
  sink.readings = async (...given) => {
    await door;
    return stored(...given);
  };
  const { url } = await started(sink);
  const socket = await connected(url, { source: "packing", token, session: "s1" });
  const answers = Array.from({ length: 6 }, (_, i) =>
    send(socket, batch(i + 1, [0, 1_764_000_000_000 + i, i])),
  );
  expect(await Promise.all(answers.slice(4))).toMatchObject([{ result: "busy" }, { result: "busy" }]);
  open();
  expect(await Promise.all(answers.slice(0, 4))).toMatchObject(
    [1, 2, 3, 4].map(() => ({ result: "stored" })),
  );
  expect(sink.said("m/Number").map(([, value]) => value)).toEqual([0, 1, 2, 3]);
});

test("what a device had stored says nothing of what was true when it went", async () => {
  const sink = new RecordingSink();
  const { url } = await started(sink);
  const socket = await connected(url, { source: "packing", token, session: "s1" });
  await send(socket, batch(1, [0, 1_764_000_000_000, 7]));
  await send(socket, { ...batch(2, [0, 1_763_000_000_000, 1]), historical: true });
  socket.disconnect();
  await sink.until(() => sink.stored.some(({ quality }) => quality === 3));
  expect(sink.stored.at(-1)).toMatchObject({ metric: "m/Number", value: 7, quality: 3 });
});

test("a write to a device that is not there is refused for that reason, also when it was there", async () => {
  const sink = new RecordingSink();
  const { url, driver } = await started(sink);
  const away = { result: "refused", reason: "the device is not connected" };
  expect(await driver.write("m/Number", 1)).toEqual(away);
  const socket = await connected(url, { source: "packing", token, session: "s1" });
  await send(socket, batch(1, [0, 1_764_000_000_000, 7]));
  socket.disconnect();
  await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
  expect(await driver.write("m/Number", 1)).toEqual(away);
});

test("two sources of one name do not share a door", async () => {
  const { server, close } = await listener();
  closers.push(close);
  const options = { server, source: "packing", config: {}, tokenHash, clock: systemClock, log: silentLogger };
  const [one, other] = [createSocketIoDriver(options), createSocketIoDriver(options)];
  closers.push(() => one.stop());
  await one.start(new RecordingSink(), new AbortController().signal);
  await expect(other.start(new RecordingSink(), new AbortController().signal)).rejects.toThrow(
    /open already/,
  );
});
