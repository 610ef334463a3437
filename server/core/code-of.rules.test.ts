import { expect, test } from "vitest";
import { codeOf } from "./code-of.rules.ts";

test.each([
  ["Press 1", "press-1"],
  ["  Säge / Ost  ", "sage-ost"],
  ["Straße", "strasse"],
  ["مكبس", "machine"],
  ["---", "machine"],
])("the code of %s is %s", (name, code) => {
  expect(codeOf(name, "machine")).toBe(code);
});

test("a code that is taken gets a number, and a long name stays inside its limit", () => {
  expect(codeOf("Press", "machine", ["press", "press-2"])).toBe("press-3");
  expect(codeOf("x".repeat(80), "machine", ["x".repeat(28)]).length).toBeLessThanOrEqual(32);
});
