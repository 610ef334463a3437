import { expect, test } from "vitest";
import { readBatch } from "./batch.ts";
import { maxTextLength } from "./wire.contract.ts";

const batch = (...rows: unknown[]) => ({ v: 1, id: 1, metrics: ["m/Number", "m/Text"], rows });
const valueOf = (wire: unknown) => {
  const read = readBatch(batch([0, 1, wire]));
  if (typeof read === "string") return read;
  return read.readings.length === 1 ? read.readings[0]?.value : read.refused[0]?.reason;
};

test("units stand one beside each metric, or not at all", () => {
  expect(readBatch({ ...batch([0, 1, 1]), units: ["°C"] })).toBe(
    "units: one for each metric, or none at all",
  );
  const read = readBatch({ ...batch([0, 1, 1], [1, 1, "x"]), units: ["°C", null] });
  expect(typeof read === "string" ? read : read.readings.map(({ unit }) => unit)).toEqual(["°C", undefined]);
});

test.each([
  [[0, 1], /a row is/],
  [[0, 1, 2, 0, 0], /a row is/],
  ["0,1,2", /a row is/],
  [[2, 1, 2], /points at no metric/],
  [["0", 1, 2], /points at no metric/],
  [[0, "1", 2], /the time/],
  [[0, Number.POSITIVE_INFINITY, 2], /the time/],
  [[0, 1, 2, 4], /quality/],
  [[0, 1, 2, "0"], /quality/],
])("the row %j is named, and the one beside it is taken", (row, why) => {
  expect(readBatch(batch(row, [0, 1, 2]))).toMatchObject({
    refused: [{ row: 0, reason: expect.stringMatching(why) }],
    readings: [{ value: 2 }],
  });
});

test("a whole number beyond 2^53 comes as its digits, within 64 bits", () => {
  expect(valueOf({ int64: "9007199254740993" })).toBe(9_007_199_254_740_993n);
  expect(valueOf({ int64: "-9223372036854775808" })).toBe(-9_223_372_036_854_775_808n);
  expect(valueOf({ int64: "12" })).toBe(12);
  const none = [{ int64: "9223372036854775808" }, { int64: "1.5" }, { int64: "" }, { int64: "0x10" }];
  for (const wire of [...none, { int64: 5 }, {}, [], { int32: "5" }])
    expect(valueOf(wire)).toMatch(/a value is/);
});

test("a text has at most so many characters", () => {
  expect(valueOf("x".repeat(maxTextLength))).toHaveLength(maxTextLength);
  expect(valueOf("x".repeat(maxTextLength + 1))).toMatch(/a value is/);
});
