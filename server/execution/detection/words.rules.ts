import type { DeviationKind, Evidence, Words } from "./detection.contract.ts";

function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}

/** The values a deviation is told with; the sentences stand in `deviation.<kind>` and `alarm.<kind>`. */
export function paramsOf(
  kind: DeviationKind,
  evidence: Evidence,
  refs: {
    readonly machine: string;
    readonly tag: string;
    readonly unit: string | null;
    readonly decimals: number;
  },
): Record<string, string | number> {
  const common = { machine: refs.machine, tag: refs.tag };
  switch (kind) {
    case "slowdown":
      return {
        ...common,
        percent: round((evidence.value / evidence.normal - 1) * 100, 1),
        seconds: round(evidence.value / 1000, 2),
        normalSeconds: round(evidence.normal / 1000, 2),
      };
    case "temperature_drift":
      return {
        ...common,
        value: round(evidence.value, refs.decimals),
        normal: round(evidence.normal, refs.decimals),
        difference: round(Math.abs(evidence.value - evidence.normal), refs.decimals),
        direction: evidence.direction,
        unit: refs.unit ?? "",
      };
    case "run_out":
      return {
        ...common,
        remaining: round(evidence.value, refs.decimals),
        unit: refs.unit ?? "",
        minutes: round(evidence.runOut?.minutesLeft ?? 0, 1),
        minutesLow: round(evidence.runOut?.minutesLow ?? 0, 1),
        minutesHigh: round(evidence.runOut?.minutesHigh ?? evidence.runOut?.minutesLeft ?? 0, 1),
        perHour: round(evidence.runOut?.ratePerHour ?? 0, refs.decimals),
      };
  }
}

export function deviationWords(
  kind: DeviationKind,
  part: "title" | "text",
  params: Record<string, string | number>,
): Words {
  return { key: `deviation.${kind}.${part}`, params };
}
