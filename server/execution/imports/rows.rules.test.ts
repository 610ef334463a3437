import { expect, test } from "vitest";
import { z } from "zod";
import { codeText } from "#server/core/text.contract.ts";
import { asNumber, asText } from "./cells.rules.ts";
import { type Column, differing, headingOf, readRow, twiceIn } from "./rows.rules.ts";

const columns: Column[] = [
  { name: "code", read: asText, needed: true },
  { name: "normalLow", read: asNumber },
  { name: "kind", read: asText },
  { name: "pin", read: asText, secret: true },
];
const schema = z.object({
  code: codeText(5),
  normalLow: z.number().int().min(1).max(9).nullish(),
  kind: z.enum(["press", "saw"]).nullish(),
  pin: z.string().max(2).nullish(),
});
const file = { decimalComma: false };
const heading = headingOf(["Code", "normal low", "KIND", "p_i-n"], columns);
const problems = (...cells: string[]) => {
  const one = readRow({ line: 7, cells }, heading, schema, file);
  return "problems" in one
    ? one.problems.map(({ line, column, code, params }) => [line, column, code, params])
    : one.row.values;
};

test("columns are found whatever their case, spaces and order; a column absent is untouched, an empty cell is null", () => {
  expect(problems("a", "3", "", "12")).toEqual({ code: "a", normalLow: 3, kind: null, pin: "12" });
  const few = readRow({ line: 2, cells: ["x"] }, headingOf(["code"], columns), schema, file);
  expect(few).toEqual({ row: { line: 2, values: { code: "x" } } });
});

test("a heading with an unknown, a repeated or without a needed column is refused", () => {
  const refused = (...head: string[]) => {
    try {
      return headingOf(head, columns);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  expect(refused("code", "colour")).toBe("column_unknown");
  expect(refused("code", "")).toBe("column_unknown");
  expect(refused("code", "Normal_Low", "normalLow")).toBe("column_twice");
  expect(refused("kind")).toBe("column_missing");
});

test("a file that is handed back with its problems can be read with that column in it", () => {
  const back = headingOf(["code", "Problem"], columns);
  const one = readRow({ line: 2, cells: ["x", "row 3 says the same"] }, back, schema, file);
  expect(one).toEqual({ row: { line: 2, values: { code: "x" } } });
});

test("everything that is wrong with a row is told, each with its column", () => {
  expect(problems("", "many", "", "")).toEqual([
    [7, "code", "cell_needed", {}],
    [7, "normalLow", "not_a_number", { value: "many" }],
  ]);
  expect(problems("a b", "0", "lathe", "")).toEqual([
    [7, "code", "code_malformed", { value: "a b" }],
    [7, "normalLow", "number_too_small", { limit: 1 }],
    [7, "kind", "not_one_of", { value: "lathe", known: "press, saw" }],
  ]);
  expect(problems("abcdef", "10", "", "")).toEqual([
    [7, "code", "cell_too_long", { limit: 5 }],
    [7, "normalLow", "number_too_large", { limit: 9 }],
  ]);
  expect(problems("a", "1.5", "", "")).toEqual([[7, "normalLow", "not_a_number", { value: "1.5" }]]);
  expect(problems("a", "1", "", "", "", "stray")).toEqual([[7, null, "cells_too_many", { columns: 4 }]]);
  expect(problems("a", "1", "x".repeat(10_001))).toEqual([[7, "kind", "cell_too_long", { limit: 10_000 }]]);
});

test("what stands in a secret cell is not told", () => {
  expect(problems("a", "1", "", "secret")).toEqual([[7, "pin", "cell_too_long", {}]]);
});

test("rows that say a thing twice are all wrong, and each names another", () => {
  const rows = ["a", "b", "a", "a"].map((code, i) => ({ line: i + 2, values: { code } }));
  expect(
    twiceIn(rows, ({ code }) => [code], "code").map(({ line, params }) => [line, params["line"]]),
  ).toEqual([
    [2, 4],
    [4, 2],
    [5, 2],
  ]);
});

test("a row that says something else of a thing than the first is wrong", () => {
  const rows = [
    { line: 2, values: { code: "a", name: "A" } },
    { line: 3, values: { code: "a", name: "B" } },
    { line: 4, values: { code: "b", name: "B" } },
  ];
  expect(differing(rows, ({ code }) => code, ["name"])).toEqual([
    { line: 3, column: "name", code: "cell_differs", params: { line: 2 } },
  ]);
});
