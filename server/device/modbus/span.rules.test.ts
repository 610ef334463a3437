import fc from "fast-check";
import { expect, test } from "vitest";
import {
  maxPerRead,
  ModbusConfig,
  type Register,
  type RegisterType,
  type Table,
  wordsOf,
} from "./modbus.contract.ts";
import { halvesOf, spansOf } from "./span.rules.ts";

function register(metric: string, table: Table, address: number, type: RegisterType): Register {
  return { metric, table, address, type, wordOrder: "big", byteSwap: false, writable: false };
}

test("registers side by side are read at once, and nothing that lies between two of them", () => {
  const spans = spansOf([
    register("c", "holding", 14, "uint16"),
    register("a", "holding", 10, "float32"),
    register("b", "holding", 12, "uint16"),
    register("d", "input", 13, "uint16"),
  ]);
  expect(spans.map(({ table, start, count }) => [table, start, count])).toEqual([
    ["holding", 10, 3],
    ["holding", 14, 1],
    ["input", 13, 1],
  ]);
});

const any = fc
  .record({
    table: fc.constantFrom<Table>("coil", "discrete", "input", "holding"),
    address: fc.integer({ min: 0, max: 3000 }),
    words: fc.constantFrom<RegisterType>("uint16", "float32", "float64"),
  })
  .map(({ table, address, words }) =>
    register("m", table, address, table === "coil" || table === "discrete" ? "bool" : words),
  );

test("every register lies whole in exactly one request, and no request is longer than allowed", () => {
  fc.assert(
    fc.property(fc.array(any, { maxLength: 400 }), (registers) => {
      const spans = spansOf(registers);
      expect(spans.flatMap((span) => span.registers)).toHaveLength(registers.length);
      for (const { table, start, count, registers: inside } of spans) {
        expect(count).toBeLessThanOrEqual(maxPerRead[table]);
        const asked = new Set(
          inside.flatMap((r) => Array.from({ length: wordsOf[r.type] }, (_, i) => r.address + i)),
        );
        expect([...asked].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, i) => start + i),
        );
        expect(inside.every((r) => r.table === table)).toBe(true);
      }
    }),
  );
});

test("126 registers in a row take two requests and 2001 coils too", () => {
  const row = (table: Table, n: number, type: RegisterType) =>
    Array.from({ length: n }, (_, i) => register(`m${i}`, table, i, type));
  expect(spansOf(row("holding", 126, "uint16")).map(({ count }) => count)).toEqual([125, 1]);
  expect(spansOf(row("coil", 2001, "bool")).map(({ count }) => count)).toEqual([2000, 1]);
});

test("a span is halved until the register to blame stands alone", () => {
  const [span] = spansOf([register("a", "input", 0, "uint16"), register("b", "input", 1, "uint16")]);
  const halves = span === undefined ? null : halvesOf(span);
  expect(halves?.flat().map(({ start, count }) => [start, count])).toEqual([
    [0, 1],
    [1, 1],
  ]);
  expect(halves?.[0]?.map(halvesOf)).toEqual([null]);
});

test("a config that cannot be meant is refused with the metric's name and the reason", () => {
  const parse = (...registers: object[]) =>
    ModbusConfig.safeParse({ host: "10.0.0.1", groups: [{ pollMs: 100, registers }] }).error?.issues[0]
      ?.message;
  const base = { metric: "m", table: "holding", address: 0, type: "uint16" };
  expect(parse(base)).toBeUndefined();
  expect(parse({ ...base, table: "coil" })).toBe("m: a coil is a bool");
  expect(parse({ ...base, table: "coil", type: "bool", bit: 1 })).toBe("m: a coil has no bits of its own");
  expect(parse({ ...base, type: "bool" })).toMatch("needs its bit");
  expect(parse({ ...base, bit: 3 })).toMatch("needs its bit");
  expect(parse({ ...base, type: "float32", address: 65_535 })).toMatch("beyond address 65535");
  expect(parse({ ...base, table: "input", writable: true })).toMatch("can only be read");
  expect(parse({ ...base, type: "bool", bit: 3, writable: true })).toMatch("cannot be written alone");
  expect(parse({ ...base, contact: { kind: "run", debounceMs: 5 } })).toMatch("only a bool can be a contact");
  const contact = { ...base, table: "coil", type: "bool", contact: { kind: "run", debounceMs: 5 } };
  expect(parse({ ...contact, writable: true })).toMatch("a contact can only be read");
  expect(parse(base, { ...base, address: 9 })).toBe("m stands there twice");
});
