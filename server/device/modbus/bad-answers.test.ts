import { afterEach, expect, test } from "vitest";
import { started, stopAll, values, word } from "./testing.ts";

afterEach(stopAll);

test("what a device says for a wrong transaction, protocol, unit or length is not believed", async () => {
  const twists: [string, (answer: Buffer) => Buffer][] = [
    ["transaction", (answer) => (answer.writeUInt16BE(answer.readUInt16BE(0) ^ 0x100, 0), answer)],
    ["protocol", (answer) => (answer.writeUInt16BE(9, 2), answer)],
    ["unit", (answer) => (answer.writeUInt8(77, 6), answer)],
    ["2 bytes long", (answer) => (answer.writeUInt16BE(2, 4), answer)],
    ["60000 bytes long", (answer) => (answer.writeUInt16BE(60_000, 4), answer)],
    ["more came", (answer) => Buffer.concat([answer, answer])],
    // A frame that is whole in itself but has half of the data, whatever its byte count says.
    [
      "bytes of data",
      (answer) => (answer.writeUInt16BE(5, 4), answer.writeUInt8(2, 8), answer.subarray(0, 11)),
    ],
    ["bytes of data", (answer) => (answer.writeUInt8(2, 8), answer)],
    ["bytes of data", (answer) => (answer.writeUInt16BE(8, 4), Buffer.concat([answer, Buffer.alloc(1)]))],
    ["as the answer to", (answer) => (answer.writeUInt16BE(5, 4), answer.subarray(0, 11))],
    ["as the answer to 3", (answer) => (answer.writeUInt8(4, 7), answer)],
    ["broke off", (answer) => answer.subarray(0, 8)],
  ];
  for (const [reason, twist] of twists) {
    const { device, sink } = await started([word("a", 0), word("b", 1)], ({ holding }) => {
      holding.set(0, 1);
      holding.set(1, 1);
    });
    await sink.until(() => values(sink, "a").includes(1));
    device.twist = (answer) => {
      device.twist = null;
      // Were it believed, this would be the value.
      answer.writeUInt16BE(666, 9);
      return twist(answer);
    };
    await sink.until(() => sink.events.some(({ kind }) => kind === "death"));
    const unreadable = sink.events.find(({ kind }) => kind === "unreadable");
    expect(unreadable, reason).toMatchObject({
      reason: expect.stringContaining(reason),
      raw: expect.any(Uint8Array),
    });
    await sink.until(() => sink.events.filter(({ kind }) => kind === "birth").length === 2);
    expect(values(sink, "a"), reason).not.toContain(666);
  }
});

test("a device that speaks without being asked is not believed", async () => {
  const { device, sink } = await started([word("a", 0)], ({ holding }) => holding.set(0, 1));
  await sink.until(() => values(sink, "a").includes(1));
  device.shout(Buffer.from([0, 0, 0, 0, 0, 5, 1, 3, 2, 0, 9]));
  await sink.until(() => sink.events.some(({ kind }) => kind === "unreadable"));
});

test("an answer in pieces is one answer", async () => {
  const { device, sink } = await started([word("a", 0), word("b", 1)], ({ holding }) => {
    holding.set(0, 1);
    holding.set(1, 1);
  });
  await sink.until(() => values(sink, "a").includes(1));
  device.pieces = true;
  device.holding.set(0, 2);
  await sink.until(() => values(sink, "a").includes(2));
  expect(sink.events.map(({ kind }) => kind)).toEqual(["gap", "birth"]);
});
