import { expect, test } from "vitest";
import { type Detector, type DetectorState, hear } from "./detectors.rules.ts";
import { DriftParameters, RunOutParameters, SlowdownParameters } from "./parameters.contract.ts";
import { hearState, unknownState } from "./running.rules.ts";

const on = hearState(unknownState, -1, "running");
const base = { ruleId: 1, machineId: 1, unit: null };
const standard = { productId: "p", cycleMs: 1000 };
const detectors: Detector[] = [
  {
    ...base,
    kind: "slowdown",
    parameters: SlowdownParameters.parse({ baseline: { mean: 0, sigma: 0.02 }, warmUp: 0 }),
  },
  {
    ...base,
    kind: "temperature_drift",
    parameters: DriftParameters.parse({ windowMs: 1000, baseline: { mean: 1000, sigma: 5 }, warmUp: 0 }),
  },
  { ...base, kind: "run_out", parameters: RunOutParameters.parse({ leadMs: 1e9, rateMs: 10_000 }) },
];

function play(detector: Detector, value: (n: number) => number) {
  let state: DetectorState | undefined;
  const events: string[] = [];
  for (let n = 1; n <= 60; n++) {
    const heard = hear(detector, state, { at: n * 1000, value: value(n), quality: 0, standard }, on);
    // What a consumer remembers goes through JSON between batches.
    state = JSON.parse(JSON.stringify(heard.state)) as DetectorState;
    for (const finding of heard.findings) if (finding.event !== null) events.push(finding.event);
  }
  return events;
}

test.each(detectors)(
  "$kind finds its deviation, also when its memory was put away in between",
  (detector) => {
    const value =
      detector.kind === "run_out" ? (n: number) => 100 - n : (n: number) => (n < 20 ? 1000 : 1200);
    expect(play(detector, value)).toEqual(["opened"]);
    expect(play(detector, () => 1000)).toEqual([]);
  },
);

test.each(detectors)("$kind takes a reading without a value for a bad one", (detector) => {
  const heard = hear(detector, undefined, { at: 1000, value: Number.NaN, quality: 0, standard }, on);
  expect(heard.findings.every((f) => f.point === null)).toBe(true);
  expect(heard.state.trail.reasons.bad).toBe(1);
});
