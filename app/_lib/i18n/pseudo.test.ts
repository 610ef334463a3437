import { expect, test } from "vitest";
import { pseudoMessage, pseudoWords } from "./pseudo.ts";

test("words change and grow by two fifths, arguments and tags do not change", () => {
  expect(pseudoMessage("Stop {name} now")).toBe("[Štóp {name} ñów····]");
  expect(pseudoMessage("<b>no</b> {n, number}")).toContain("<b>ñó</b> {n, number}");
});

test("the branches of a plural are rewritten and its keywords are not", () => {
  expect(pseudoMessage("{n, plural, =0 {none} one {# stop} other {# stops}}")).toContain(
    "{n, plural, =0 {ñóñé} one {# štóp} other {# štópš}}",
  );
});

test("every leaf of a tree of words is rewritten", () => {
  expect(pseudoWords({ a: { b: "x" } })).toEqual({ a: { b: "[x·]" } });
});
