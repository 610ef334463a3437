import type { Finding } from "./evidence.rules.ts";
import type { DriftParameters, RunOutParameters, SlowdownParameters } from "./parameters.contract.ts";
import { type DriftState, hearValue, startDrift } from "./drift.rules.ts";
import { hearRemaining, type RunOutState, startRunOut } from "./run-out.rules.ts";
import { type Running, whyNotJudged } from "./running.rules.ts";
import { hearCycle, type SlowdownState, startSlowdown } from "./slowdown.rules.ts";

/** A rule with its parameters parsed. */
export type Detector = {
  readonly ruleId: number;
  readonly machineId: number;
  readonly unit: string | null;
} & (
  | { readonly kind: "slowdown"; readonly parameters: SlowdownParameters }
  | { readonly kind: "temperature_drift"; readonly parameters: DriftParameters }
  | { readonly kind: "run_out"; readonly parameters: RunOutParameters }
);

export type DetectorState = SlowdownState | DriftState | RunOutState;

export interface Heard {
  readonly at: number;
  /** NaN = none. */
  readonly value: number;
  readonly quality: number;
  /** What ran then; slowdown only. */
  readonly standard: { readonly productId: string | null; readonly cycleMs: number | null } | null;
}

/** One reading through the detector of its kind. Pure: the same readings give the same findings. */
export function hear(
  detector: Detector,
  before: DetectorState | undefined,
  heard: Heard,
  running: Running,
): { state: DetectorState; findings: Finding[] } {
  const { at, value } = heard;
  const quality = Number.isNaN(value) ? Math.max(heard.quality, 2) : heard.quality;
  switch (detector.kind) {
    case "slowdown": {
      const p = detector.parameters;
      const cycle = {
        at,
        cycleMs: value,
        standardMs: heard.standard?.cycleMs ?? null,
        context: heard.standard?.productId ?? "",
        quality,
        skip: quality >= 2 ? null : whyNotJudged(running, at - value),
      };
      const { state, finding } = hearCycle((before as SlowdownState) ?? startSlowdown(p), cycle, p);
      return { state, findings: [finding] };
    }
    case "temperature_drift": {
      const p = detector.parameters;
      return hearValue((before as DriftState) ?? startDrift(p), { at, value, quality }, running, p);
    }
    case "run_out": {
      const { state, finding } = hearRemaining(
        (before as RunOutState) ?? startRunOut,
        { at, value, quality },
        detector.parameters,
      );
      return { state, findings: [finding] };
    }
  }
}
