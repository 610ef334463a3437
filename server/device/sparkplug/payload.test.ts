import { assert, bigInt, integer, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { quality } from "../tag.contract.ts";
import { wire } from "./checklist-testing.ts";
import { decodePayload, encodePayload, PayloadError, payloadLimits } from "./payload.ts";
import { datatypes, readQuality, readValue, type SparkplugValue, whyNotWritable } from "./values.ts";

/** Through the wire and back, under the datatype a birth would have said. */
function travel(datatype: number, value: SparkplugValue): SparkplugValue | undefined {
  const bytes = encodePayload({
    timestamp: 1,
    seq: 0,
    metrics: [{ alias: 1, timestamp: 1, datatype, value }],
  });
  const [metric] = decodePayload(bytes).metrics;
  if (metric?.isNull === true) return null;
  return metric?.raw ? readValue(datatype, metric.raw) : undefined;
}

test("negative whole numbers of every width come back negative", () => {
  expect(travel(datatypes.Int8, -1)).toBe(-1);
  expect(travel(datatypes.Int8, -128)).toBe(-128);
  expect(travel(datatypes.Int16, -32_768)).toBe(-32_768);
  expect(travel(datatypes.Int32, -2_147_483_648)).toBe(-2_147_483_648);
  expect(travel(datatypes.Int64, -1)).toBe(-1);
  expect(travel(datatypes.UInt8, 255)).toBe(255);
  expect(travel(datatypes.UInt32, 4_294_967_295)).toBe(4_294_967_295);
});

test("an encoder that sends Int8 as one byte means the same as one that extends the sign", () => {
  expect(readValue(datatypes.Int8, { in: "int", value: 0xff })).toBe(-1);
  expect(readValue(datatypes.Int8, { in: "int", value: 0xffff_ffff })).toBe(-1);
});

test("a 64-bit counter beyond 2^53 stays exact", () => {
  expect(travel(datatypes.Int64, 9_007_199_254_740_993n)).toBe(9_007_199_254_740_993n);
  expect(travel(datatypes.Int64, -9_223_372_036_854_775_808n)).toBe(-9_223_372_036_854_775_808n);
  expect(travel(datatypes.UInt64, 18_446_744_073_709_551_615n)).toBe(18_446_744_073_709_551_615n);
  expect(travel(datatypes.Int64, 12)).toBe(12);
});

test("a value of 0.1 sent in single precision is 0.1", () => {
  expect(travel(datatypes.Float, 0.1)).toBe(0.1);
  expect(travel(datatypes.Float, 230.4)).toBe(230.4);
  expect(travel(datatypes.Float, Number.NaN)).toBeNaN();
});

test("no value is neither 0 nor false nor an empty text", () => {
  expect(travel(datatypes.Int32, null)).toBeNull();
  expect(travel(datatypes.Boolean, null)).toBeNull();
  expect(travel(datatypes.Int32, 0)).toBe(0);
  expect(travel(datatypes.Boolean, false)).toBe(false);
  expect(travel(datatypes.String, "")).toBe("");
});

test("every whole number that fits its width survives the wire", () => {
  const wide = bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  assert(property(wide, (value) => BigInt(travel(datatypes.Int64, value) ?? 0) === value));
  assert(property(integer(), (value) => travel(datatypes.Int32, value) === value));
});

test("name, alias 0, flags, quality and unit travel with the metric", () => {
  const bytes = encodePayload({
    timestamp: 1_764_000_000_000,
    seq: 255,
    metrics: [
      {
        name: "Melt Temperature",
        alias: 0,
        timestamp: 1_764_000_000_001,
        datatype: datatypes.Double,
        sayDatatype: true,
        value: 230.5,
        isHistorical: true,
        quality: 500,
        unit: "°C",
      },
    ],
  });
  expect(decodePayload(bytes)).toEqual({
    timestamp: 1_764_000_000_000,
    seq: 255,
    metrics: [
      {
        name: "Melt Temperature",
        alias: 0,
        timestamp: 1_764_000_000_001,
        datatype: datatypes.Double,
        isHistorical: true,
        isTransient: false,
        isNull: false,
        raw: { in: "double", value: 230.5 },
        quality: 500,
        unit: "°C",
      },
    ],
  });
});

test("what exceeds a limit is refused with a sentence that names it", () => {
  const many = encodePayload({
    timestamp: 1,
    metrics: Array.from({ length: payloadLimits.metrics + 1 }, () => ({
      timestamp: 1,
      datatype: datatypes.Boolean,
      value: true,
    })),
  });
  expect(many.length).toBeLessThan(payloadLimits.bytes);
  expect(() => decodePayload(many)).toThrow(/10001 metrics, at most 10000/);
  expect(() => decodePayload(new Uint8Array(payloadLimits.bytes + 1))).toThrow(/bytes, at most 262144/);
  const long = encodePayload({
    timestamp: 1,
    metrics: [{ timestamp: 1, datatype: datatypes.String, value: "x".repeat(4097) }],
  });
  expect(() => decodePayload(long)).toThrow(/4097 characters, at most 4096/);
});

test("what is nested a thousand levels deep is skipped, not followed", () => {
  const field = (tag: number, inner: Uint8Array): Uint8Array => {
    const length: number[] = [];
    for (let rest = inner.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) return Uint8Array.from([(tag << 3) | 2, ...length, ...inner]);
    }
  };
  let nested: Uint8Array = new Uint8Array();
  // A property value (9: property set) in a property set (2: values), again and again.
  for (let depth = 0; depth < 1000; depth++) nested = field(2, field(9, nested));
  const key = field(1, Buffer.from("deep"));
  const metric = field(
    2,
    Uint8Array.from([...field(1, Buffer.from("Melt")), ...field(9, Uint8Array.from([...key, ...nested]))]),
  );
  expect(decodePayload(metric).metrics.map(({ name }) => name)).toEqual(["Melt"]);
});

test("bytes of any kind are decoded or refused, and never break the decoder", () => {
  assert(
    property(uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        decodePayload(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PayloadError);
      }
    }),
    { numRuns: 500 },
  );
});

test("a valid payload with any byte changed or cut off is decoded or refused", () => {
  const whole = encodePayload({
    timestamp: 1_764_000_000_000,
    seq: 3,
    metrics: [
      { name: "State", alias: 4, timestamp: 5, datatype: 12, sayDatatype: true, value: "running", unit: "x" },
    ],
  });
  for (let at = 0; at < whole.length; at++) {
    const changed = Uint8Array.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    for (const bytes of [changed, whole.subarray(0, at)]) {
      try {
        decodePayload(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PayloadError);
      }
    }
  }
});

test("a value in the wrong field of the payload is not forced into the datatype of its birth", () => {
  expect(readValue(datatypes.Double, { in: "string", value: "230" })).toBeUndefined();
  expect(readValue(datatypes.Boolean, { in: "int", value: 1 })).toBeUndefined();
  expect(readValue(16, { in: "other" })).toBeUndefined();
  expect(readValue(datatypes.String, { in: "double", value: 230 })).toBeUndefined();
  expect(readValue(datatypes.DataSet, { in: "string", value: "{}" })).toBeUndefined();
});

test("quality 0 is bad, 192 good, 500 stale, and none is good", () => {
  const { good, uncertain, bad, stale } = quality;
  expect([undefined, 192, 0, 500, 64].map(readQuality)).toEqual([good, good, bad, stale, uncertain]);
  // The bands between, and what no band has.
  expect([63, 127, 128, 191, 255, 256, 501, -1].map(readQuality)).toEqual([
    bad,
    uncertain,
    bad,
    bad,
    good,
    bad,
    bad,
    bad,
  ]);
});

test("a write is refused when the value does not fit the metric's datatype", () => {
  expect(whyNotWritable(datatypes.Int16, 40_000)).toMatch(/16 bits/);
  expect(whyNotWritable(datatypes.Int16, -32_769)).toMatch(/16 bits/);
  expect(whyNotWritable(datatypes.Int16, -32_768)).toBeNull();
  expect(whyNotWritable(datatypes.UInt8, -1)).toMatch(/8 bits/);
  expect(whyNotWritable(datatypes.Int64, 1.5)).toMatch(/whole/);
  expect(whyNotWritable(datatypes.Int32, "7")).toMatch(/whole/);
  expect(whyNotWritable(datatypes.Float, "7")).toMatch(/numbers/);
  expect(whyNotWritable(datatypes.String, 7)).toMatch(/text/);
  expect(whyNotWritable(datatypes.DataSet, "{}")).toMatch(/cannot be written/);
  expect(whyNotWritable(datatypes.Double, Number.NaN)).toMatch(/numbers/);
  expect(whyNotWritable(datatypes.Boolean, 1)).toMatch(/true or false/);
  expect(whyNotWritable(datatypes.Double, 225.5)).toBeNull();
});

test("what a payload does not say is not there: no time, no alias, no number of its own", () => {
  const metric = wire.bytes(2, wire.bytes(1, "Melt"), wire.double(13, 230));
  expect(decodePayload(metric)).toEqual({
    metrics: [
      {
        name: "Melt",
        isHistorical: false,
        isTransient: false,
        isNull: false,
        raw: { in: "double", value: 230 },
      },
    ],
  });
});

test("a time beyond 2^53 and a set of properties that does not fit together refuse their payload", () => {
  expect(() => decodePayload(wire.varint(1, 2n ** 60n))).toThrow(/beyond 2\^53/);
  const properties = (keys: readonly string[], values: readonly Uint8Array[]) =>
    wire.bytes(
      2,
      wire.bytes(9, ...keys.map((key) => wire.bytes(1, key)), ...values.map((value) => wire.bytes(2, value))),
    );
  const good = wire.varint(3, 192);
  expect(() => decodePayload(properties(["Quality", "engUnit"], [good]))).toThrow(/as many values as keys/);
  const many = Array.from({ length: payloadLimits.properties + 1 }, (_, i) => `p${i}`);
  expect(() => decodePayload(properties(many, Array(many.length).fill(good)))).toThrow(/more than 64/);
  const only = (key: string, value: Uint8Array) => decodePayload(properties([key], [value])).metrics[0];
  expect(only("Quality", good)?.quality).toBe(192);
  expect(only("engUnit", wire.bytes(8, "°C"))?.unit).toBe("°C");
  // A property of another name or another type says neither quality nor unit.
  expect(only("Range", good)).not.toHaveProperty("quality");
  expect(only("Quality", wire.bytes(8, "good"))).not.toHaveProperty("quality");
  expect(only("Label", wire.bytes(8, "°C"))).not.toHaveProperty("unit");
  expect(only("engUnit", wire.varint(3, 7))).not.toHaveProperty("unit");
});
