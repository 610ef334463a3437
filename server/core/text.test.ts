import { expect, test } from "vitest";
import { codeText, plainText } from "./text.contract.ts";

const name = plainText(10);

test("names are trimmed and normalised, in any script", () => {
  expect(name.parse("  Zoe\u0308  ")).toBe("Zo\u00EB");
  expect(name.parse("مكبس ٢")).toBe("مكبس ٢");
  expect(name.parse("プレス 2")).toBe("プレス 2");
});

test.each([
  ["NUL", "a\0b"],
  ["line break", "a\nb"],
  ["escape", "a\u001B[31mb"],
  ["C1 control", "a\u0085b"],
  ["right-to-left override", "a\u202Eb"],
  ["isolate", "a\u2066b"],
  ["Arabic letter mark", "a\u061Cb"],
  ["zero width space", "a\u200Bb"],
  ["byte order mark", "a\uFEFFb"],
  ["half a surrogate pair", "a\uD800b"],
  ["nothing", "   "],
  ["too long", "12345678901"],
])("a name with %s is refused", (_what, text) => {
  expect(name.safeParse(text).success).toBe(false);
});

test("codes are letters, digits, - and _", () => {
  expect(codeText().safeParse("press-2").success).toBe(true);
  for (const wrong of ["", "-a", "a b", "a.b", "ä", "a/b", "a".repeat(33)]) {
    expect(codeText().safeParse(wrong).success).toBe(false);
  }
});
