import { expect, test } from "vitest";
import { toCsv } from "./csv.ts";

test("commas, quotes and line breaks survive a spreadsheet", () => {
  expect(
    toCsv(
      ["a", "b"],
      [
        ['say "no"', "x,y"],
        ["two\nlines", null],
      ],
    ),
  ).toBe('\uFEFFa,b\r\n"say ""no""","x,y"\r\n"two\nlines",\r\n');
});

test("a text that begins like a formula is not run, a negative number stays a number", () => {
  expect(toCsv(["a"], [["=1+1"], [-5], ["-5 °C"]])).toBe("\uFEFFa\r\n'=1+1\r\n-5\r\n'-5 °C\r\n");
});
