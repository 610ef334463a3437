/** The demo plant's machines and sources: the simulator runs them, the seed enters them. What they say: metrics.ts. */
export type MachineKind = "press" | "oven" | "packer" | "cnc";

export const edgeCode = "edge-1";

export interface PlantSource {
  readonly code: string;
  readonly driver: "sparkplug" | "socketio" | "opcua";
  /** Without what is known only at the start: the address of an OPC UA server. */
  readonly config: Readonly<Record<string, string>>;
}

export const plantSources: readonly PlantSource[] = [
  { code: "moulding", driver: "sparkplug", config: { group: "millwright", node: "moulding" } },
  { code: "finishing", driver: "sparkplug", config: { group: "millwright", node: "finishing" } },
  { code: "packing", driver: "socketio", config: {} },
  { code: "machining", driver: "opcua", config: {} },
];

export interface PlantMachine {
  readonly code: string;
  readonly kind: MachineKind;
  readonly line: "moulding" | "finishing" | "machining";
  /** Code of its source; its device name there is the machine's code. */
  readonly source: string;
  /** Parts per cycle: cavities of a press, parts of a tray in the oven, packs of the packer, one part of a lathe. */
  readonly perCycle: number;
  /** Standard cycle at speed 1, seconds. */
  readonly cycleS: number;
}

export const plantMachines: readonly PlantMachine[] = [
  { code: "press-1", kind: "press", line: "moulding", source: "moulding", perCycle: 8, cycleS: 24 },
  { code: "press-2", kind: "press", line: "moulding", source: "moulding", perCycle: 8, cycleS: 24 },
  { code: "press-3", kind: "press", line: "moulding", source: "moulding", perCycle: 4, cycleS: 24 },
  { code: "press-4", kind: "press", line: "moulding", source: "moulding", perCycle: 4, cycleS: 24 },
  { code: "oven-1", kind: "oven", line: "finishing", source: "finishing", perCycle: 30, cycleS: 27 },
  { code: "packer-1", kind: "packer", line: "finishing", source: "packing", perCycle: 1, cycleS: 60 / 7 },
  { code: "cnc-1", kind: "cnc", line: "machining", source: "machining", perCycle: 1, cycleS: 42 },
  { code: "cnc-2", kind: "cnc", line: "machining", source: "machining", perCycle: 1, cycleS: 42 },
];

/** Trays inside the oven, each at its own position with its own lot. */
export const ovenPositions = 4;
/** Parts in one pack. */
export const partsPerPack = 10;

/** What the machine itself takes, whatever anybody writes; the plant's limits for adjustments lie inside. */
export const hardLimits = {
  press: { MeltSetpoint: [180, 270], SpeedSetpoint: [50, 130] },
  oven: { ZoneSetpoint: [50, 120] },
  /** In multiples of 7 packs/min. */
  packer: { SpeedSetpoint: [0.4, 1.4] },
  /** Feed override, %. */
  cnc: { FeedSetpoint: [40, 130] },
} as const;
