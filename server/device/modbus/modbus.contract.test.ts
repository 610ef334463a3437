import { expect, test } from "vitest";
import { ModbusConfig } from "./modbus.contract.ts";

/** So many groups of so many registers. */
function config(groups: number, registers: number, name = (group: number, n: number) => `m${group}.${n}`) {
  return ModbusConfig.safeParse({
    host: "plc",
    groups: Array.from({ length: groups }, (_, group) => ({
      pollMs: 1000,
      registers: Array.from({ length: registers }, (_, n) => ({
        metric: name(group, n),
        table: "holding",
        address: n,
        type: "uint16",
      })),
    })),
  });
}
const why = (parsed: ReturnType<typeof config>) => parsed.error?.issues.map(({ message }) => message) ?? [];

test("a unit has at most 10,000 metrics, whatever groups they stand in, and each once", () => {
  expect(why(config(10, 1000))).toEqual([]);
  expect(why(config(11, 1000))).toEqual(["more than 10000 metrics"]);
  expect(why(config(2, 1, () => "twice"))).toEqual(["twice stands there twice"]);
});
