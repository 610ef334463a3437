import { expect, test } from "vitest";
import { readFile, wrongRowsCsv } from "./read-file.ts";

const file = (bytes: readonly number[] | string) =>
  new File([typeof bytes === "string" ? bytes : new Uint8Array(bytes)], "file.csv");

test("a CSV is read as UTF-8, and as Windows-1252 where it is none", async () => {
  expect(await readFile(file("name\nSäge"))).toEqual({ format: "csv", data: "name\nSäge" });
  expect(await readFile(file([0x53, 0xe4, 0x67, 0x65]))).toEqual({
    format: "csv",
    data: "Säge",
  });
  expect(await readFile(file([0xff, 0xfe, 0x53, 0x00, 0xe4, 0x00]))).toEqual({ format: "csv", data: "Sä" });
});

test("a workbook is sent as its bytes, whatever it is called", async () => {
  const bytes = [0x50, 0x4b, 3, 4, ...Array.from({ length: 70_000 }, (_, i) => i % 256)];
  expect(await readFile(file(bytes))).toEqual({
    format: "xlsx",
    data: Buffer.from(bytes).toString("base64"),
  });
});

test("wrong rows are handed back with what is wrong, divided as they came", () => {
  const problem = { line: 3, column: "low", code: "not_a_number" as const, params: {} };
  const trial = {
    rows: 2,
    added: 1,
    changed: 0,
    same: 0,
    wrong: 1,
    problems: [problem, { ...problem, column: "high" }],
    head: ["name", "low"],
    mark: ";" as const,
    wrongRows: [{ line: 3, cells: ["=A", "1,5"] }],
  };
  expect(wrongRowsCsv(trial, ({ column }) => `${column ?? ""}: no number.`)).toBe(
    '\uFEFFname;low;problem\r\n\'=A;"1,5";low: no number. high: no number.\r\n',
  );
});
