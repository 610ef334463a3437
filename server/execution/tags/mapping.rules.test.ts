import { describe, expect, it } from "vitest";
import { type Mapped, type Said, whyNotMapped } from "./mapping.rules.ts";

const melt: Mapped = { meaning: "measurement", datatype: "number", unit: "°C" };
const state: Mapped = { meaning: "state", datatype: "text" };
const number = (unit: string | null = null): Said => ({ datatype: "number", unit });

describe("mapping a metric", () => {
  it.each<[string, Mapped, Said | null]>([
    ["a temperature in °F for a tag in °C", melt, number("°F")],
    ["a metric that was never heard", melt, null],
    ["a metric without a unit of its own", melt, number()],
    ["a unit we know nothing of, said alike", { ...melt, unit: "rubles" }, number("rubles")],
    ["a state that is a number, with words", { ...state, words: { 0: "idle", 3: "running" } }, number()],
    [
      "a run contact, with words",
      { ...state, words: { true: "running", false: "idle" } },
      { datatype: "boolean", unit: null },
    ],
    ["a guard that is 0 or 1", { meaning: "guard", datatype: "boolean" }, number()],
    [
      "a text as a measurement",
      { meaning: "measurement", datatype: "text" },
      { datatype: "text", unit: null },
    ],
  ])("takes %s", (_what, mapped, said) => {
    expect(whyNotMapped(mapped, said)).toBeNull();
  });

  it.each<[string, Mapped, Said | null, string, string]>([
    ["bar as °C", melt, number("bar"), "unit_mismatch", "unit"],
    [
      "a unit we know nothing of as another",
      { ...melt, unit: "kg" },
      number("rubles"),
      "unit_mismatch",
      "unit",
    ],
    [
      "a good count that is a text",
      { meaning: "good", datatype: "text" },
      null,
      "datatype_mismatch",
      "datatype",
    ],
    ["a text read as a number", melt, { datatype: "text", unit: null }, "datatype_mismatch", "datatype"],
    ["a state that is a number, without words", state, number(), "datatype_mismatch", "datatype"],
    ["a state with empty words", { ...state, words: {} }, number(), "datatype_mismatch", "datatype"],
    ["a word that is no state", { ...state, words: { 1: "dancing" } }, number(), "unknown_word", "words"],
    ["limits the wrong way round", { ...melt, low: 300, high: 200 }, null, "invalid", "low"],
  ])("refuses %s", (_what, mapped, said, code, field) => {
    expect(whyNotMapped(mapped, said)).toMatchObject({ code, field });
  });
});
