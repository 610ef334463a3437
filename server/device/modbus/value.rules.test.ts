import fc from "fast-check";
import { expect, test } from "vitest";
import type { Register, RegisterType } from "./modbus.contract.ts";
import { bytesOf, valueIn, whyNotFitting } from "./value.rules.ts";

function register(type: RegisterType, more: Partial<Register> = {}): Register {
  return {
    metric: "m",
    table: "holding",
    address: 0,
    type,
    wordOrder: "big",
    byteSwap: false,
    writable: true,
    ...more,
  };
}
const bytes = (...all: number[]) => Uint8Array.from(all);

test("the same number stands in the four orders that devices have", () => {
  // 123456.789 as float32 is 47 f1 20 65.
  const orders = [
    [{ wordOrder: "big", byteSwap: false }, bytes(0x47, 0xf1, 0x20, 0x65)],
    [{ wordOrder: "little", byteSwap: false }, bytes(0x20, 0x65, 0x47, 0xf1)],
    [{ wordOrder: "big", byteSwap: true }, bytes(0xf1, 0x47, 0x65, 0x20)],
    [{ wordOrder: "little", byteSwap: true }, bytes(0x65, 0x20, 0xf1, 0x47)],
  ] as const;
  for (const [order, data] of orders) {
    expect(valueIn(data, 0, register("float32", order))).toBe(Math.fround(123_456.789));
    expect(bytesOf(Math.fround(123_456.789), register("float32", order))).toEqual(data);
  }
});

test("each type is read with its sign and width", () => {
  expect(valueIn(bytes(0xff, 0xfe), 0, register("uint16"))).toBe(65_534);
  expect(valueIn(bytes(0xff, 0xfe), 0, register("int16"))).toBe(-2);
  expect(valueIn(bytes(0xff, 0xff, 0xff, 0xfe), 0, register("uint32"))).toBe(4_294_967_294);
  expect(valueIn(bytes(0xff, 0xff, 0xff, 0xfe), 0, register("int32"))).toBe(-2);
  const big = bytes(0, 0x20, 0, 0, 0, 0, 0, 1);
  expect(valueIn(big, 0, register("uint64"))).toBe(9_007_199_254_740_993n);
  expect(valueIn(bytes(0, 0, 0, 0, 0, 0, 0, 7), 0, register("int64"))).toBe(7);
  expect(valueIn(bytes(0x3f, 0xf0, 0, 0, 0, 0, 0, 0), 0, register("float64"))).toBe(1);
});

test("bits are found in a register, in a row of coils and behind the start of the answer", () => {
  expect(valueIn(bytes(0x80, 0x00), 0, register("bool", { bit: 15 }))).toBe(true);
  expect(valueIn(bytes(0x80, 0x00), 0, register("bool", { bit: 0 }))).toBe(false);
  const coil = register("bool", { table: "coil", address: 29 });
  expect(valueIn(bytes(0x00, 0x02), 20, coil)).toBe(true);
  expect(valueIn(bytes(0, 1, 0, 2, 0, 3), 100, register("uint16", { address: 101 }))).toBe(2);
});

test("a sensor that says not-a-number or infinity has no value", () => {
  expect(valueIn(bytes(0x7f, 0xc0, 0, 0), 0, register("float32"))).toBeNull();
  expect(valueIn(bytes(0x7f, 0x80, 0, 0), 0, register("float32"))).toBeNull();
});

test("a value that does not fit its type is refused, never cut to size", () => {
  for (const [type, value] of [
    ["uint16", -1],
    ["uint16", 65_536],
    ["int16", 32_768],
    ["int32", 1.5],
    ["uint32", 2 ** 32],
    ["int64", 2 ** 53],
    ["float32", 1e39],
    ["float64", Number.NaN],
    ["uint16", "5"],
    ["uint16", true],
    ["bool", 1],
  ] as const) {
    expect(whyNotFitting(value, register(type)), `${type} ${value}`).toMatch(/\w/);
  }
  expect(whyNotFitting("5", register("uint16"))).toBe("the register takes numbers");
  expect(whyNotFitting(65_535, register("uint16"))).toBeNull();
  expect(whyNotFitting(true, register("bool"))).toBeNull();
});

test("what is written is read back as it was, in every type and order", () => {
  const order = fc.record({
    wordOrder: fc.constantFrom<"big" | "little">("big", "little"),
    byteSwap: fc.boolean(),
  });
  const cases = fc.oneof(
    fc.tuple(fc.constant<RegisterType>("uint16"), fc.integer({ min: 0, max: 65_535 })),
    fc.tuple(fc.constant<RegisterType>("int16"), fc.integer({ min: -32_768, max: 32_767 })),
    fc.tuple(fc.constant<RegisterType>("uint32"), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    fc.tuple(fc.constant<RegisterType>("int32"), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    fc.tuple(fc.constant<RegisterType>("int64"), fc.maxSafeInteger()),
    fc.tuple(fc.constant<RegisterType>("uint64"), fc.maxSafeNat()),
    fc.tuple(fc.constant<RegisterType>("float32"), fc.float({ noNaN: true, noDefaultInfinity: true })),
    fc.tuple(fc.constant<RegisterType>("float64"), fc.double({ noNaN: true, noDefaultInfinity: true })),
  );
  fc.assert(
    fc.property(cases, order, ([type, value], how) => {
      const there = register(type, how);
      expect(whyNotFitting(value, there)).toBeNull();
      expect(valueIn(bytesOf(value, there), 0, there)).toBe(value);
    }),
  );
});
