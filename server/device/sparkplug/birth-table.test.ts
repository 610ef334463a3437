import { expect, test } from "vitest";
import { BirthError, BirthTable, maxAliases, valueOf } from "./birth-table.ts";
import type { DecodedMetric } from "./payload.ts";
import { datatypes } from "./values.ts";

const metric = (more: Partial<DecodedMetric>): DecodedMetric => ({
  datatype: datatypes.Double,
  isHistorical: false,
  isTransient: false,
  isNull: false,
  raw: { in: "double", value: 230 },
  ...more,
});
const born = () => {
  const [melt] = new BirthTable().bear("press-1", { metrics: [metric({ name: "Melt", alias: 1 })] });
  if (melt === undefined) throw new Error("nothing was born");
  return melt;
};

test("a value takes its own time, else its message's; without either it is no reading, and says so", () => {
  const at = (own?: number, payload?: number) => {
    const found = valueOf(born(), metric(own === undefined ? {} : { timestamp: own }), payload);
    return typeof found === "string" ? found : found.at;
  };
  expect(at(2, 1)).toBe(2);
  expect(at(undefined, 1)).toBe(1);
  expect(at()).toBe("press-1/Melt came without a timestamp");
});

test("a metric that carries no value and does not say that it has none is told, not stored as 0", () => {
  expect(valueOf(born(), metric({ raw: null }), 1)).toBe("press-1/Melt came without a value");
  expect(valueOf(born(), metric({ raw: null, isNull: true }), 1)).toMatchObject({ value: null });
});

test("a node may have so many aliases and not one more, over all its devices; who is too many costs the others nothing", () => {
  const table = new BirthTable();
  const many = (from: number, count: number) => ({
    metrics: Array.from({ length: count }, (_, i) => metric({ name: `m${from + i}`, alias: from + i })),
  });
  table.bear("a", many(0, maxAliases - 1));
  table.bear("b", many(maxAliases, 1));
  expect(() => table.bear("c", many(2 * maxAliases, 1))).toThrow(BirthError);
  expect(table.byName("c", `m${2 * maxAliases}`)).toBeUndefined();
  expect(table.find("a", metric({ alias: 0 }))?.name).toBe("m0");
  table.bury("b");
  expect(table.bear("c", many(2 * maxAliases, 1))).toHaveLength(1);
});
