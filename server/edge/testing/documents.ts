import type { EdgeDocument, EdgeMachine, EdgeTag, Reflex } from "../document.contract.ts";

/** A melt temperature of press-2 unless told otherwise. */
export function aTag(change: Partial<EdgeTag> = {}): EdgeTag {
  return {
    id: 11,
    sourceId: 1,
    machineId: 2,
    lane: 5,
    metric: "press-2/MeltTemperature",
    meaning: "measurement",
    datatype: "number",
    unit: "°C",
    scale: 1,
    shift: 0,
    deadband: 0,
    maxSilenceMs: 10_000,
    expectedMs: 1000,
    aggregateMs: null,
    low: 0,
    high: 400,
    writable: null,
    ...change,
  };
}

export const setpointLimits = {
  min: 200,
  max: 260,
  maxStep: 5,
  minIntervalMs: 60_000,
  tolerance: 0.5,
  riskClass: 1,
  atMachine: false,
} as const;

export function aMachine(change: Partial<EdgeMachine> = {}): EdgeMachine {
  return {
    id: 2,
    code: "press-2",
    remoteTagId: 13,
    guardTagId: 14,
    automationOff: false,
    maintenanceLock: false,
    ...change,
  };
}

/** Over 260 °C for a second: ask for a controlled stop. */
export function aReflex(change: Partial<Reflex> = {}): Reflex {
  return {
    id: "over-temperature",
    version: 1,
    machineId: 2,
    tagId: 11,
    condition: { op: ">", value: 260, forMs: 1000, hysteresis: 5 },
    action: "request_stop",
    stop: { tagId: 15, value: true },
    riskAssessment: "RA-2026-07 over-temperature press 2",
    ...change,
  };
}

/** One press with everything the edge looks at: 11 melt, 12 set-point, 13 remote, 14 guard, 15 stop request. */
export function aDocument(change: Partial<EdgeDocument> = {}): EdgeDocument {
  return {
    edgeId: 1,
    version: 1,
    issuedAt: 1_790_000_000_000,
    tags: [
      aTag(),
      aTag({ id: 12, metric: "press-2/MeltSetpoint", meaning: "setpoint", writable: setpointLimits }),
      aTag({ id: 13, metric: "press-2/Remote", meaning: "remote", datatype: "boolean", unit: null }),
      aTag({ id: 14, metric: "press-2/GuardOpen", meaning: "guard", datatype: "boolean", unit: null }),
      aTag({ id: 15, metric: "press-2/StopRequest", meaning: "setpoint", datatype: "boolean", unit: null }),
    ],
    machines: [aMachine()],
    sources: [
      {
        id: 1,
        code: "moulding",
        driver: "sparkplug",
        config: { group: "millwright", node: "moulding" },
        tokenHash: null,
      },
    ],
    reflexes: [],
    queueBytes: 1e9,
    replayMs: 86_400_000,
    ...change,
  };
}
