import { expect, test } from "vitest";
import { toCsv, unguarded } from "./csv.rules.ts";

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

test.each(["=1+1", "-5 °C", "'=1+1", "''@x", "'tis", "plain", ""])("%s comes back as it was", (text) => {
  const written = toCsv(["a"], [[text]]).split("\r\n")[1] ?? "";
  expect(unguarded(written)).toBe(text);
});

test("where a semicolon divides the cells, it is quoted within them", () => {
  expect(toCsv(["a", "b"], [["x;y", "1,5"]], ";")).toBe('\uFEFFa;b\r\n"x;y";"1,5"\r\n');
});
