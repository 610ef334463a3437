import { expect, test } from "vitest";
import type { Evidence } from "./detection.contract.ts";
import { deviationWords, paramsOf } from "./words.rules.ts";

const evidence: Evidence = {
  window: { start: 0, end: 1 },
  statistic: 9,
  limit: 8,
  direction: "up",
  value: 1320.4,
  normal: 1200,
  unit: "ms",
  baseline: { sigma: 1, n: 0, learned: false },
  quality: { used: 1, excluded: 0, reasons: {} },
  series: [],
  runOut: null,
};
const refs = { machine: "Press 2", tag: "Melt", unit: "°C", decimals: 1 };

test("a slowdown is told in seconds and percent, not in statistics", () => {
  expect(paramsOf("slowdown", evidence, refs)).toEqual({
    machine: "Press 2",
    tag: "Melt",
    percent: 10,
    seconds: 1.32,
    normalSeconds: 1.2,
  });
});

test("a drift is told in the tag's own unit and decimals", () => {
  const drift = paramsOf("temperature_drift", { ...evidence, value: 238.44, normal: 230 }, refs);
  expect(drift).toMatchObject({ value: 238.4, normal: 230, difference: 8.4, direction: "up", unit: "°C" });
});

test("material is told as what is left and for how long, with its band", () => {
  const runOut = {
    remaining: 12,
    ratePerHour: 60,
    minutesLeft: 12,
    minutesLow: 10.96,
    minutesHigh: null,
    leadMinutes: 30,
  };
  const params = paramsOf("run_out", { ...evidence, value: 12, runOut }, { ...refs, unit: "kg" });
  expect(params).toMatchObject({ remaining: 12, unit: "kg", minutes: 12, minutesLow: 11, minutesHigh: 12 });
  expect(deviationWords("run_out", "text", params)).toEqual({ key: "deviation.run_out.text", params });
});
