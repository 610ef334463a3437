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
  expect(device.writes).toHaveLength(4);
});
