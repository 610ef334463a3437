import { expect, test } from "vitest";
import { predictKpi, predictProcess, proposeStep, type StepInput } from "./predict.rules.ts";

const step: StepInput = {
  process: 240,
  target: 230,
  slope: 1,
  gain: 0.8,
  setpoint: 230,
  limits: { min: 200, max: 260, maxStep: 15 },
  decimals: 1,
  stepLeast: 1,
};

test("a step goes part of the way to the target and keeps inside step and limits", () => {
  expect(proposeStep(step)).toBe(222);
  expect(proposeStep({ ...step, limits: { ...step.limits, maxStep: 5 } })).toBe(225);
  expect(proposeStep({ ...step, limits: { ...step.limits, min: 228 } })).toBe(228);
  expect(proposeStep({ ...step, slope: -2 })).toBe(234);
  expect(proposeStep({ ...step, process: 230.5 })).toBeNull();
  expect(proposeStep({ ...step, setpoint: 200 })).toBeNull();
  expect(proposeStep({ ...step, process: Number.NaN })).toBeNull();
});

test("without outcomes the model predicts, ± half; from three on the outcomes do", () => {
  const model = predictProcess(240, -8, 1, [], "°C");
  expect(model).toEqual({ value: 232, low: 228, high: 236, unit: "°C", basis: "model", n: 0 });
  const outcome = (slope: number, ratio: number) => ({
    setpointChange: -8,
    processChange: -8 * slope,
    kpiBefore: 0.2,
    kpiAfter: 0.2 * ratio,
  });
  const outcomes = [outcome(0.9, 0.3), outcome(1, 0.4), outcome(0.8, 0.2)];
  const learned = predictProcess(240, -8, 1, outcomes, "°C");
  expect(learned).toMatchObject({ basis: "outcomes", n: 3 });
  expect(learned.value).toBeCloseTo(232.8, 5);
  expect(learned.low).toBeLessThan(learned.value);
  const kpi = predictKpi(0.2, outcomes, null);
  expect(kpi?.value).toBeCloseTo(0.06, 5);
  expect(kpi?.low).toBeGreaterThanOrEqual(0);
  expect(predictKpi(0.2, outcomes.slice(1), null)).toBeNull();
});
