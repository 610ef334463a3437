import { expect, test } from "vitest";
import type { StepDefinition } from "./guidance.contract.ts";
import { compare, hearReading, inLanguage, judgeAnswer, type LiveStep } from "./guidance.rules.ts";

const text = { en: "Flush", de: "Spülen" };
const flow: LiveStep = { op: ">", value: 10, holdMs: 3000, holdsSince: null };

test("a live-bound step passes only after the value held without a break", () => {
  let step = flow;
  const hear = (at: number, value: number, good = true) => {
    const heard = hearReading(step, { at, value, good });
    step = { ...step, holdsSince: heard.holdsSince };
    return heard.passed;
  };
  expect(hear(0, 11)).toBe(false);
  expect(hear(2000, 9)).toBe(false);
  expect(hear(3000, 11)).toBe(false);
  expect(hear(5000, 11, false)).toBe(false);
  expect(hear(6000, 11)).toBe(false);
  expect(hear(8999, 11)).toBe(false);
  expect(hear(9000, 11)).toBe(true);
});

test("a value is below, above or just the one that is wanted", () => {
  const all = [9, 10, 11].map((value) => (["<", "=", ">"] as const).filter((op) => compare(value, op, 10)));
  expect(all).toEqual([["<"], ["="], [">"]]);
});

test("a person passes what a person can pass; the machine proves the rest", () => {
  const plain = { title: text, text };
  const reading: StepDefinition = { kind: "reading", ...plain, unit: "°C", min: 10, max: 90 };
  expect(judgeAnswer({ kind: "info", ...plain }, {})).toEqual({ passes: true, ok: true, value: null });
  expect(judgeAnswer({ kind: "check", ...plain }, { ok: false })).toEqual({
    passes: true,
    ok: false,
    value: null,
  });
  expect(judgeAnswer(reading, {})).toEqual({ passes: false, why: "value_missing" });
  expect(judgeAnswer(reading, { value: 91 })).toEqual({ passes: false, why: "out_of_range" });
  expect(judgeAnswer(reading, { value: 45 })).toEqual({ passes: true, ok: true, value: 45 });
  const live: StepDefinition = {
    kind: "live_bound",
    ...plain,
    metric: "CoolingFlow",
    op: ">",
    value: 10,
    holdMs: 0,
  };
  expect(judgeAnswer(live, { ok: true })).toEqual({ passes: false, why: "machine_proves_it" });
});

test("a text is shown in the reader's language, else in English", () => {
  expect(inLanguage(text, "de")).toBe("Spülen");
  expect(inLanguage(text, "de-AT")).toBe("Spülen");
  expect(inLanguage(text, "ar")).toBe("Flush");
});
