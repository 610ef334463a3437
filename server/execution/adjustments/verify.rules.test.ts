import { expect, test } from "vitest";
import { predictKpi, predictProcess, proposeStep, type StepInput } from "./predict.rules.ts";
import { judge, judgeEcho, judgeProcess, type VerdictInput } from "./verify.rules.ts";

const echo = { now: 1500, sentAt: 1000, t1Ms: 1000, newValue: 222, tolerance: 0.5, readings: [] };

test("the echo is the machine's own word for the new value, within t1", () => {
  expect(judgeEcho(echo)).toBe("wait");
  expect(
    judgeEcho({
      ...echo,
      readings: [
        { at: 1200, value: 230 },
        { at: 1400, value: 222.3 },
      ],
    }),
  ).toEqual({
    at: 1400,
    value: 222.3,
  });
  expect(judgeEcho({ ...echo, now: 2001 })).toBe("missing");
});

test("the process follows, does not yet, or goes the wrong way", () => {
  const p = { before: 240, setpointChange: -8, slope: 1, noise: 1 };
  expect(judgeProcess({ ...p, now: 236 })).toBe("right");
  expect(judgeProcess({ ...p, now: 239.5 })).toBe("not_yet");
  expect(judgeProcess({ ...p, now: 243 })).toBe("wrong");
  expect(judgeProcess({ ...p, slope: -1, now: 243 })).toBe("right");
});

const base: VerdictInput = {
  now: 1000,
  effectiveAt: 0,
  t2Ms: 500,
  t3Ms: 2000,
  interrupted: null,
  process: "right",
  kpi: { says: "not_yet" },
  guards: [],
  measured: true,
};

test.each([
  ["goes on measuring", {}, null],
  ["helped", { kpi: { says: "better" } }, ["helped", "kpi_better"]],
  ["waits until the process had its time", { now: 400, kpi: { says: "better" } }, null],
  [
    "does not call it help when the process did not follow",
    { kpi: { says: "better" }, process: "not_yet" },
    null,
  ],
  ["worse is not waited for", { now: 400, kpi: { says: "worse" } }, ["did_not_help", "kpi_worse"]],
  ["no better is no help", { kpi: { says: "not_better" } }, ["did_not_help", "kpi_not_better"]],
  [
    "a guard KPI that got worse outweighs",
    { kpi: { says: "better" }, guards: [{ says: "worse" }] },
    ["did_not_help", "guard_kpi_worse"],
  ],
  ["the process went the wrong way", { process: "wrong" }, ["did_not_help", "process_moved_wrong"]],
  [
    "a changeover in the middle",
    { interrupted: "context_changed", kpi: { says: "better" } },
    ["cannot_tell", "context_changed"],
  ],
  ["the operator moved it", { interrupted: "operator_moved" }, ["cannot_tell", "operator_moved"]],
  ["time is over without proof", { now: 2000 }, ["cannot_tell", "not_enough_data"]],
  [
    "time is over and nothing followed",
    { now: 2000, process: "not_yet" },
    ["cannot_tell", "process_did_not_follow"],
  ],
  [
    "nothing to measure it by",
    { measured: false, kpi: null, process: null },
    ["cannot_tell", "not_measured"],
  ],
] as const)("%s", (_name, part, verdict) => {
  const answer = judge({ ...base, ...part });
  expect(answer === null ? null : [answer.state, answer.reason]).toEqual(verdict);
});

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
