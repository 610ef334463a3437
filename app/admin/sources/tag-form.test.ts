import { expect, test } from "vitest";
import { changed, settingsOf, tagFormOf, typedNumber, wrongNumber } from "./tag-form.ts";

const settings = {
  name: "Melt",
  meaning: "measurement",
  unit: "°C",
  decimals: 1,
  scale: 0.1,
  shift: -40,
  deadband: 0.5,
  low: 0,
  high: 400,
  normalLow: 220,
  normalHigh: 240,
  expectedMs: 1500,
  maxSilenceMs: 60_000,
  aggregateMs: 1000,
  modulus: null,
  words: null,
} as const;

test("a tag's settings stand in the form and come out of it as they were", () => {
  expect(settingsOf(tagFormOf(settings, "3", "number"))).toEqual(settings);
  expect(tagFormOf(settings, "3", "number")).toMatchObject({ expected: "1.5", aggregate: "1", modulus: "" });
});

test("only what was touched is a change", () => {
  const form = tagFormOf(settings, "3", "number");
  expect(changed(settings, settingsOf(form))).toEqual({});
  const touched = { ...form, high: "380,5", words: "1 = running", unit: " " };
  expect(changed(settings, settingsOf(touched))).toEqual({
    high: 380.5,
    words: { "1": "running" },
    unit: null,
  });
});

test("a number may have a comma, and a word is none", () => {
  expect(typedNumber("1,5")).toBe(1.5);
  expect(typedNumber(" ")).toBeNull();
  const form = tagFormOf(settings, "3", "number");
  expect(wrongNumber(form)).toBeNull();
  expect(wrongNumber({ ...form, low: "cold" })).toBe("low");
});
