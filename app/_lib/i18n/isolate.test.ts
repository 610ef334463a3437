import { expect, test } from "vitest";
import { isolated } from "./isolate.ts";

test("a unit inside an Arabic sentence keeps its own direction", () => {
  expect(isolated({ unit: "°C", value: 230 }, "ar-u-nu-latn")).toEqual({
    unit: "\u2068°C\u2069",
    value: 230,
  });
});

test("languages from left to right need nothing", () => {
  expect(isolated({ unit: "°C" }, "de")).toEqual({ unit: "°C" });
});
