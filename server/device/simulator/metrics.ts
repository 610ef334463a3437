import type { TagMeaning } from "../tag.contract.ts";
import type { MachineKind } from "./layout.ts";

/**
 * Everything the demo plant's machines say. One list: the simulator speaks it, the seed makes tags of it.
 * Timestamps and rates of readings are always real; what a faster plant changes is scaled in `metricsFor`.
 */

/** Limits of an adjustment, as the seed puts them on the tag; absolute values in the metric's unit. */
export interface PlantWritable {
  readonly min: number;
  readonly max: number;
  readonly maxStep: number;
  readonly minIntervalMs: number;
  readonly tolerance: number;
  readonly riskClass: 1 | 2;
  readonly atMachine: boolean;
}

export type WireType = "Int64" | "Float" | "Double" | "Boolean" | "String";

export interface PlantMetric {
  /** Without the device, e.g. `MeltTemperature`; the tag's metric is `<device>/<name>`. */
  readonly name: string;
  /** For people, in the plant's own language. */
  readonly title: string;
  readonly meaning: TagMeaning;
  readonly datatype: "number" | "text" | "boolean";
  readonly wire: WireType;
  readonly unit: string | null;
  readonly decimals: number;
  /** Sampled this often, real ms; null = said when it changes. */
  readonly sampleMs: number | null;
  /** A healthy source repeats even an unchanged value within this time, real ms. */
  readonly expectedMs: number;
  readonly maxSilenceMs: number;
  readonly deadband: number;
  /** Fast signals are stored as one time-weighted mean per this many ms. */
  readonly aggregateMs: number | null;
  /** Physically possible range; anything else is a broken sensor. */
  readonly low: number | null;
  readonly high: number | null;
  readonly writable: PlantWritable | null;
}

type Extra = Partial<Omit<PlantMetric, "name" | "title" | "meaning" | "datatype">>;

function metric(
  name: string,
  title: string,
  meaning: TagMeaning,
  datatype: PlantMetric["datatype"],
  extra: Extra = {},
): PlantMetric {
  const wire = { number: "Double", text: "String", boolean: "Boolean" } as const;
  return {
    name,
    title,
    meaning,
    datatype,
    wire: wire[datatype],
    unit: null,
    decimals: 0,
    sampleMs: null,
    expectedMs: 10_000,
    maxSilenceMs: 30_000,
    deadband: 0,
    aggregateMs: null,
    low: null,
    high: null,
    writable: null,
    ...extra,
  };
}

function measured(name: string, title: string, unit: string, extra: Extra = {}): PlantMetric {
  const base = { unit, decimals: 1, sampleMs: 1000, expectedMs: 5000 };
  return metric(name, title, "measurement", "number", { ...base, ...extra });
}

function setpoint(
  name: string,
  title: string,
  unit: string,
  high: number,
  writable: PlantWritable,
): PlantMetric {
  return metric(name, title, "setpoint", "number", { unit, decimals: 1, low: 0, high, writable });
}

function material(title: string, unit: string, decimals: number, high: number): PlantMetric {
  return metric("Material", title, "material", "number", { unit, decimals, low: 0, high });
}

const counter: Extra = { wire: "Int64", unit: "parts", low: 0 };

function common(unit: string): PlantMetric[] {
  return [
    metric("State", "Machine state", "state", "text"),
    metric("Fault", "Fault code", "fault", "text"),
    metric("Good", "Good count", "good", "number", { ...counter, unit }),
    metric("Cycles", "Cycle count", "cycles", "number", { ...counter, unit: "cycles" }),
    metric("GuardOpen", "Guard open", "guard", "boolean"),
    metric("Remote", "Remote mode", "remote", "boolean"),
  ];
}

/** How far and how fast an adjustment may go; the set-point's own unit. */
type WritableOf = (min: number, max: number, maxStep: number, tolerance: number) => PlantWritable;

// One reading per cycle and none while nothing is made: silence says nothing here.
const cycleTime = metric("CycleTime", "Cycle time", "cycle_time", "number", {
  unit: "ms",
  decimals: 1,
  expectedMs: 600_000,
  maxSilenceMs: 600_000,
  low: 0,
  high: 3_600_000,
});
const scrap = (unit: string): PlantMetric =>
  metric("Scrap", "Scrap count", "scrap", "number", { ...counter, unit });
const energy = metric("Energy", "Energy used", "energy", "number", {
  unit: "kWh",
  decimals: 2,
  sampleMs: 5000,
  low: 0,
});

function pressMetrics(writable: WritableOf): PlantMetric[] {
  const melt: Extra = { sampleMs: 500, expectedMs: 2000, deadband: 0.1, low: 0, high: 400 };
  const pressure: Extra = {
    decimals: 0,
    sampleMs: 100,
    expectedMs: 2000,
    aggregateMs: 1000,
    low: 0,
    high: 2500,
  };
  return [
    ...common("parts"),
    scrap("parts"),
    cycleTime,
    measured("MeltTemperature", "Melt temperature", "°C", melt),
    measured("MouldTemperature", "Mould temperature", "°C", { deadband: 0.1, low: 0, high: 200 }),
    measured("InjectionPressure", "Injection pressure", "bar", pressure),
    measured("CoolingFlow", "Cooling water flow", "l/min", { decimals: 2, deadband: 0.05, low: 0, high: 60 }),
    measured("CycleSpeed", "Cycle speed", "%", { deadband: 0.2, low: 0, high: 200 }),
    setpoint("MeltSetpoint", "Melt temperature set-point", "°C", 400, writable(200, 260, 15, 0.5)),
    setpoint("SpeedSetpoint", "Cycle speed set-point", "%", 200, writable(70, 115, 10, 0.5)),
    material("Granulate in the hopper", "kg", 2, 500),
    energy,
    metric("StopRequest", "Controlled stop requested", "setpoint", "boolean", {
      writable: { ...writable(0, 1, 1, 0), minIntervalMs: 0 },
    }),
  ];
}

function ovenMetrics(writable: WritableOf): PlantMetric[] {
  const zone = (n: number): PlantMetric =>
    measured(`ZoneTemperature${n}`, `Temperature of zone ${n}`, "°C", { deadband: 0.1, low: 0, high: 250 });
  return [
    ...common("parts"),
    ...[1, 2, 3].map(zone),
    setpoint("ZoneSetpoint", "Zone temperature set-point", "°C", 250, writable(75, 95, 5, 0.5)),
    energy,
  ];
}

function packerMetrics(writable: WritableOf, speed: number): PlantMetric[] {
  const limits = writable(4 * speed, 8.5 * speed, 1.5 * speed, 0.1 * speed);
  return [
    ...common("packs"),
    scrap("packs"),
    cycleTime,
    measured("Speed", "Packing speed", "packs/min", { low: 0, high: 20 * speed }),
    setpoint("SpeedSetpoint", "Packing speed set-point", "packs/min", 20 * speed, limits),
    material("Film on the reel", "m", 1, 2000),
  ];
}

function cncMetrics(writable: WritableOf): PlantMetric[] {
  return [
    ...common("parts"),
    scrap("parts"),
    cycleTime,
    measured("SpindleLoad", "Spindle load", "%", { sampleMs: 500, deadband: 0.5, low: 0, high: 200 }),
    // Measured once a part, by the probe in the machine.
    metric("Diameter", "Diameter of the part", "measurement", "number", {
      unit: "mm",
      decimals: 3,
      low: 0,
      high: 100,
    }),
    measured("FeedOverride", "Feed override", "%", { deadband: 0.2, low: 0, high: 200 }),
    setpoint("FeedSetpoint", "Feed override set-point", "%", 200, writable(60, 110, 20, 0.5)),
    energy,
  ];
}

/**
 * Every metric of a kind of machine, for a plant whose physics run `speed` times as fast (≥ 1).
 * Divided by it: the shortest time between two adjustments. Multiplied: packs per real minute. Sampling, expected
 * silence, temperatures and limits in °C and % stay as they are, since time stamps and rates are always real.
 */
export function metricsFor(kind: MachineKind, speed: number): readonly PlantMetric[] {
  const writable: WritableOf = (min, max, maxStep, tolerance) => {
    const minIntervalMs = Math.ceil(60_000 / speed);
    return { min, max, maxStep, minIntervalMs, tolerance, riskClass: 1, atMachine: false };
  };
  if (kind === "press") return pressMetrics(writable);
  if (kind === "cnc") return cncMetrics(writable);
  return kind === "oven" ? ovenMetrics(writable) : packerMetrics(writable, speed);
}
