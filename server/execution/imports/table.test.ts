import { expect, test } from "vitest";
import { toCsv } from "#server/core/csv.rules.ts";
import { readTable } from "./table.ts";
import { xlsxOf, zipOf } from "./testing-xlsx.ts";

const csv = async (text: string) => {
  const { head, rows, decimalComma } = await readTable("csv", text);
  return { head, rows: rows.map(({ line, cells }) => [line, ...cells]), decimalComma };
};
const refused = (format: "csv" | "xlsx", data: string) =>
  readTable(format, data).catch((error: unknown) => error);

test.each([
  [",", false],
  [";", true],
  ["\t", true],
])(
  "cells divided by %j are found, and whether a comma may be a decimal point",
  async (mark, decimalComma) => {
    expect(await csv(["a", "b", "c"].join(mark) + "\n" + ["1", "2", "3"].join(mark))).toEqual({
      head: ["a", "b", "c"],
      rows: [[2, "1", "2", "3"]],
      decimalComma,
    });
  },
);

test("a separator within quotes of the heading does not decide", async () => {
  expect((await csv('"a, b, c, d";e\n1;2')).head).toEqual(["a, b, c, d", "e"]);
});

test("byte order mark, CRLF, quotes, line breaks in cells and spaces around them are no part of the text", async () => {
  const text = '\uFEFFname , note\r\n" Ada ","say ""no"", please"\r\nBen,"two\r\nlines"\r\n';
  expect(await csv(text)).toMatchObject({
    head: ["name", "note"],
    rows: [
      [2, "Ada", 'say "no", please'],
      [3, "Ben", "two\r\nlines"],
    ],
  });
});

test("LF after CRLF, a last row without an end and CR alone are all ends of a row", async () => {
  expect((await csv("a,b\r\n1,2\n3,4\r5,6")).rows).toEqual([
    [2, "1", "2"],
    [3, "3", "4"],
    [4, "5", "6"],
  ]);
});

test("empty rows are left out, and rows keep the number a spreadsheet shows", async () => {
  expect((await csv("\n\na,b\n\n1,2\n,\n   \n3,4\n\n")).rows).toEqual([
    [5, "1", "2"],
    [8, "3", "4"],
  ]);
});

test("Excel's own line that names the separator is obeyed", async () => {
  expect(await csv("sep=;\na,x;b\n1;2")).toMatchObject({ head: ["a,x", "b"], rows: [[3, "1", "2"]] });
});

test("empty columns at the end of the heading are none; a short row has empty cells", async () => {
  expect(await csv("a,b,,\n1\n1,2,,")).toMatchObject({ head: ["a", "b"] });
});

test("a text that was guarded against being run as a formula comes back as it was", async () => {
  const texts = ["=1+1", "-5 °C", "'=1+1", "@x", "plain"];
  const { rows } = await csv(
    toCsv(
      ["a", "n"],
      texts.map((text) => [text, -5]),
    ),
  );
  expect(rows).toEqual(texts.map((text, i) => [i + 2, text, "-5"]));
});

test("what is no table is refused with the row at which it breaks off", { timeout: 60_000 }, async () => {
  expect(await refused("csv", 'a,b\n1,2\n3,"never closed\n4,5')).toMatchObject({ code: "file_unreadable" });
  expect(await refused("csv", 'a,b\n1,2"x\n')).toMatchObject({
    code: "file_unreadable",
    params: { line: 2 },
  });
  expect(await refused("csv", "")).toMatchObject({ code: "file_empty" });
  expect(await refused("csv", "a,b\n\n,\n")).toMatchObject({ code: "file_empty" });
  expect(await refused("csv", `${"a,".repeat(101)}b\n1`)).toMatchObject({ code: "too_many_columns" });
  expect(await refused("csv", `a\n${"1\n".repeat(100_001)}`)).toMatchObject({ code: "too_many_rows" });
  expect(await refused("csv", `a\n${"\n".repeat(250_000)}1`)).toMatchObject({ code: "too_many_rows" });
});

test("the first sheet of a workbook says the same in every language: points, ISO dates, times of day", async () => {
  const book = xlsxOf([
    ["name", "number", "flag", "day", "at", "time"],
    [],
    [
      "Säge & <Co>",
      1234.5,
      true,
      { serial: 46_356, shown: "date" },
      { serial: 46_356 + 14 / 24, shown: "date" },
      { serial: 6 / 24, shown: "time" },
    ],
    ["=1+1", 0.1 + 0.2, false, null, null, { serial: 22.5 / 24, shown: "time" }],
  ]);
  expect(await readTable("xlsx", book.toString("base64"))).toEqual({
    head: ["name", "number", "flag", "day", "at", "time"],
    mark: ",",
    decimalComma: false,
    rows: [
      { line: 3, cells: ["Säge & <Co>", "1234.5", "true", "2026-11-30", "2026-11-30 14:00", "06:00"] },
      { line: 4, cells: ["=1+1", "0.3", "false", "", "", "22:30"] },
    ],
  });
});

test("a workbook that is none, is cut off, or unpacks to more than there is room for is refused", async () => {
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  const book = xlsxOf([["a"], [1]]);
  expect(await refused("xlsx", base64(Buffer.from("a,b\n1,2")))).toMatchObject({ code: "file_unreadable" });
  expect(await refused("xlsx", base64(book.subarray(0, book.length / 2)))).toMatchObject({
    code: "file_unreadable",
  });
  expect(await refused("xlsx", base64(zipOf({ "a.txt": "no workbook" })))).toMatchObject({
    code: "file_unreadable",
  });
  const bomb = zipOf({ "xl/worksheets/sheet1.xml": Buffer.alloc(80 * 1024 * 1024) });
  expect(bomb.length).toBeLessThan(100_000);
  expect(await refused("xlsx", base64(bomb))).toMatchObject({ code: "too_large", params: { limit: 64 } });
  // A part that the directory does not name would be unpacked by the reader all the same.
  const hidden = Buffer.concat([
    zipOf({ "xl/worksheets/sheet1.xml": "x".repeat(1000) }).subarray(0, 60),
    book,
  ]);
  expect(await refused("xlsx", base64(hidden))).toMatchObject({ code: "file_unreadable" });
});
