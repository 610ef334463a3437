import { expect, test } from "vitest";
import { acceptedLanguage, directionOf, intlLocale, isLanguage } from "./languages.ts";

test("a browser's wish is met in its own order of weights", () => {
  expect(acceptedLanguage("fr-FR,es;q=0.4,de-AT;q=0.8,en;q=0.1")).toBe("de");
  expect(acceptedLanguage("ja")).toBeNull();
  expect(acceptedLanguage(null)).toBeNull();
});

test("only Arabic runs from right to left, with the digits of the machine's panel", () => {
  expect(directionOf("ar")).toBe("rtl");
  expect(directionOf("en-XA")).toBe("ltr");
  expect(new Intl.NumberFormat(intlLocale("ar"), { minimumFractionDigits: 1 }).format(230.5)).toContain(
    "230",
  );
});

test("a cookie that names no language of ours is not believed", () => {
  expect(isLanguage("en-XA")).toBe(true);
  expect(isLanguage("../../etc")).toBe(false);
});
