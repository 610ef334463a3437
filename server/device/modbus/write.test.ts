import { afterEach, expect, test } from "vitest";
import { started, stopAll, values, word } from "./testing.ts";

afterEach(stopAll);

test("coils, single registers and wide registers are each written with their function, once", async () => {
  const { device, driver, sink } = await started(
    [
      { metric: "lamp", table: "coil", address: 3, type: "bool", writable: true },
      word("speed", 8, { type: "int16", writable: true }),
      word("limit", 20, { type: "uint32", wordOrder: "little", writable: true }),
      word("shown", 30),
    ],
    (it) => {
      it.coil.set(3, false);
      for (const address of [8, 20, 21, 30]) it.holding.set(address, 0);
    },
  );
  await sink.until(() => values(sink, "shown").length > 0);
  expect(await driver.write("lamp", true)).toEqual({ result: "accepted" });
  expect(await driver.write("speed", -2)).toEqual({ result: "accepted" });
  expect(await driver.write("limit", 0x0001_0002)).toEqual({ result: "accepted" });
  expect(await driver.write("shown", 1)).toMatchObject({
    result: "refused",
    reason: expect.stringMatching(/not declared/),
  });
  expect(await driver.write("speed", 40_000)).toMatchObject({
    result: "refused",
    reason: expect.stringMatching(/does not fit/),
  });
  expect(await driver.write("lamp", 1)).toMatchObject({ result: "refused" });
  expect(await driver.write("speed", "fast")).toMatchObject({ result: "refused" });
  expect(device.writes.map((pdu) => pdu.toString("hex"))).toEqual([
    "050003ff00",
    "060008fffe",
    "10001400020400020001",
  ]);
  await sink.until(() => values(sink, "limit").includes(0x0001_0002) && values(sink, "speed").includes(-2));
});

test("a write without an answer is unknown and is never sent again, and one the device refuses is refused", async () => {
  const { device, driver, sink } = await started([word("a", 0, { writable: true })], ({ holding }) =>
    holding.set(0, 1),
  );
  await sink.until(() => values(sink, "a").includes(1));
  const toWrites = (twist: (answer: Buffer) => Buffer | null) => {
    device.twist = (answer, request) => (request[7] === 6 ? twist(answer) : answer);
  };
  const exception = (code: number) => (answer: Buffer) => {
    answer.writeUInt16BE(3, 4);
    answer.writeUInt8(0x86, 7);
    answer.writeUInt8(code, 8);
    return answer.subarray(0, 9);
  };
  toWrites(exception(3));
  expect(await driver.write("a", 2)).toMatchObject({
    result: "refused",
    reason: expect.stringMatching(/illegal data value/),
  });
  toWrites(exception(11));
  expect(await driver.write("a", 3)).toMatchObject({
    result: "unknown",
    reason: expect.stringMatching(/gateway/),
  });
  // "Taken, it will last": what became of it the machine's echo says.
  toWrites(exception(5));
  expect(await driver.write("a", 4)).toEqual({ result: "accepted" });
  toWrites((answer) => (answer.writeUInt16BE(99, 10), answer));
  expect(await driver.write("a", 4)).toMatchObject({
    result: "unknown",
    reason: expect.stringMatching(/does not match/),
  });
  toWrites(() => null);
  const births = sink.events.filter(({ kind }) => kind === "birth").length;
  expect(await driver.write("a", 5)).toMatchObject({
    result: "unknown",
    reason: expect.stringMatching(/did not answer/),
  });
  device.twist = null;
  await sink.until(() => sink.events.filter(({ kind }) => kind === "birth").length > births);
  expect(device.writes).toHaveLength(5);
});

test("writes go before the reading that waits, in their order, and a flood of them is refused", async () => {
  const { device, driver, sink } = await started(
    [],
    (it) => {
      it.slowMs = 15;
      for (let i = 0; i < 8; i++) it.holding.set(i * 2, 0);
    },
    {
      groups: Array.from({ length: 8 }, (_, i) => ({
        pollMs: 10,
        registers: [word(`m${i}`, i * 2, { writable: true })],
      })),
    },
  );
  await sink.until(() => values(sink, "m7").includes(0));
  const from = device.requests.length;
  const written = Array.from({ length: 20 }, (_, i) => driver.write("m0", i + 1));
  const results = (await Promise.all(written)).map(({ result }) => result);
  expect(results).toEqual(results.map((_, i) => (i < 16 ? "accepted" : "refused")));
  expect(device.writes.map((pdu) => pdu.readUInt16BE(3))).toEqual(
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
  // The one that was open when they came may still have been a reading.
  const functions = device.requests.slice(from).map(({ fc }) => fc);
  expect(functions.slice(0, 17).filter((fc) => fc === 6).length).toBeGreaterThanOrEqual(16);
});

test("a write that still waits when the connection is lost was never sent, and is refused", async () => {
  const { device, driver, sink } = await started([word("a", 0, { writable: true })], ({ holding }) =>
    holding.set(0, 1),
  );
  await sink.until(() => values(sink, "a").includes(1));
  device.twist = () => null;
  const open = driver.write("a", 2);
  const waiting = driver.write("a", 3);
  expect(await waiting).toMatchObject({ result: "refused", reason: expect.stringMatching(/did not answer/) });
  expect((await open).result).toMatch(/unknown|refused/);
  expect(device.writes.length).toBeLessThanOrEqual(1);
});
