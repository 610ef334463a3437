import { plantMachines, type PlantMachine } from "#server/device/simulator/layout.ts";

/** What the demo plant makes, of what, when, and why it stops. Times are the plant's own; the seed divides them. */

export const lines = [
  { code: "moulding", name: "Moulding" },
  { code: "finishing", name: "Finishing" },
  { code: "machining", name: "Machining" },
] as const;

const machineNames: Readonly<Record<string, string>> = {
  "press-1": "Press 1",
  "press-2": "Press 2",
  "press-3": "Press 3",
  "press-4": "Press 4",
  "oven-1": "Tempering oven",
  "packer-1": "Packer",
  "cnc-1": "Lathe 1",
  "cnc-2": "Lathe 2",
};

export const nameOf = (code: string): string => machineNames[code] ?? code;

/** Seconds of the plant's time. */
export const plantTimes = { microStopS: 120, announceS: 300 } as const;

/**
 * Real ms, at every speed: machines repeat what they say each ten seconds of real time, so silence for longer than
 * this is silence however fast the plant's physics run.
 */
export const staleMs = 45_000;
/** A machine's state is stored again after this long, so that it proves itself well within `staleMs`. */
export const stateSilenceMs = 10_000;

export const materials = [
  { code: "PP-K2", name: "Polypropylene K2, black", unit: "kg", lotQuantity: 20_000, prefix: "PP" },
  { code: "FILM-40", name: "Shrink film 40 µm", unit: "m", lotQuantity: 60_000, prefix: "FI" },
  { code: "BAR-26", name: "Bar 26 mm, 11SMn30", unit: "m", lotQuantity: 3000, prefix: "BA" },
] as const;

export interface DemoProduct {
  readonly code: string;
  readonly name: string;
  readonly operation: string;
  readonly machines: readonly string[];
  /** Parts of an order at speed 20: about half an hour at a press. */
  readonly quantity: number;
  readonly material: { readonly code: string; readonly perPart: number } | null;
}

export const products: readonly DemoProduct[] = [
  {
    code: "CAP-28",
    name: "Screw cap 28 mm",
    operation: "mould",
    machines: ["press-1", "press-2"],
    quantity: 12_000,
    material: { code: "PP-K2", perPart: 0.025 },
  },
  {
    code: "CLIP-12",
    name: "Hose clip 12 mm",
    operation: "mould",
    machines: ["press-3", "press-4"],
    quantity: 6000,
    material: { code: "PP-K2", perPart: 0.025 },
  },
  {
    code: "CAP-28T",
    name: "Screw cap 28 mm, tempered",
    operation: "temper",
    machines: ["oven-1"],
    quantity: 10_000,
    material: null,
  },
  {
    code: "PACK-10",
    name: "Ten caps in a pack",
    operation: "pack",
    machines: ["packer-1"],
    quantity: 2800,
    material: { code: "FILM-40", perPart: 0.35 },
  },
  {
    code: "BUSH-24",
    name: "Bush 24 mm",
    operation: "turn",
    machines: ["cnc-1", "cnc-2"],
    quantity: 850,
    material: { code: "BAR-26", perPart: 0.06 },
  },
];

export function productOf(machine: string): DemoProduct {
  const product = products.find((p) => p.machines.includes(machine));
  if (product === undefined) throw new Error(`the demo has no product for ${machine}`);
  return product;
}

/** Orders grow with the plant's speed, so that a job lasts about as long at any speed. */
export function orderQuantity(product: DemoProduct, speed: number): number {
  return Math.round(product.quantity * Math.max(1, speed / 20));
}

/** Ideal ms of one cycle in a plant that is `speed` times as fast. */
export const cycleMs = (machine: PlantMachine, speed: number): number => (machine.cycleS * 1000) / speed;

export const demoMachines = plantMachines;

export const shifts = [
  {
    code: "E",
    name: "Early",
    startLocal: "06:00",
    endLocal: "14:00",
    breaks: [{ start: "10:00", end: "10:30" }],
  },
  {
    code: "L",
    name: "Late",
    startLocal: "14:00",
    endLocal: "22:00",
    breaks: [{ start: "18:00", end: "18:30" }],
  },
  {
    code: "N",
    name: "Night",
    startLocal: "22:00",
    endLocal: "06:00",
    breaks: [{ start: "02:00", end: "02:30" }],
  },
] as const;

/** Headings of the reasons, in their order; words in four languages stand in messages under `stopReasonGroup`. */
export const reasonGroups = [
  { code: "technical", name: "Technical" },
  { code: "material", name: "Material and flow" },
  { code: "work", name: "Work at the machine" },
  { code: "planned", name: "Planned" },
] as const;

interface DemoReason {
  readonly code: string;
  readonly group?: (typeof reasonGroups)[number]["code"];
  readonly name: string;
  readonly planned?: boolean;
  readonly changeover?: boolean;
  /** Fault codes, or words of a machine that says no code, which mean this reason by themselves. */
  readonly faults?: readonly string[];
}

/** Words for them in four languages stand in messages under `stopReason`. */
export const stopReasons: readonly DemoReason[] = [
  { code: "mechanical", group: "technical", name: "Mechanical fault" },
  { code: "electrical", group: "technical", name: "Electrical fault" },
  { code: "tool", group: "technical", name: "Tool fault", faults: ["E420"] },
  { code: "heating", group: "technical", name: "Too hot", faults: ["E201"] },
  { code: "jam", group: "technical", name: "Jam", faults: ["E310"] },
  { code: "sensor", group: "technical", name: "Sensor fault" },
  { code: "guard", group: "work", name: "Guard open" },
  { code: "no_material", group: "material", name: "Material ran out" },
  { code: "starved", group: "material", name: "Nothing from upstream", faults: ["starved"] },
  { code: "blocked", group: "material", name: "Downstream full", faults: ["blocked"] },
  { code: "changeover", group: "work", name: "Changeover", changeover: true },
  { code: "quality_check", group: "work", name: "Quality check" },
  { code: "no_operator", group: "work", name: "Nobody at the machine" },
  { code: "cleaning", group: "planned", name: "Cleaning", planned: true },
  { code: "maintenance", group: "planned", name: "Planned maintenance", planned: true },
  { code: "meeting", group: "planned", name: "Meeting or training", planned: true },
  { code: "other", name: "Other" },
];

/** Bands in which a process is normal, by the last part of the metric's name. */
export const normalBands: Readonly<Record<string, readonly [number, number]>> = {
  MeltTemperature: [225, 235],
  MouldTemperature: [54, 68],
  CoolingFlow: [10, 13],
  ZoneTemperature1: [82, 88],
  ZoneTemperature2: [82, 88],
  ZoneTemperature3: [82, 88],
  Diameter: [23.95, 24.05],
  SpindleLoad: [0, 80],
};

/** Which set-point drives which value. */
export const drivenBy: Readonly<Record<string, string>> = {
  MeltTemperature: "MeltSetpoint",
  CycleSpeed: "SpeedSetpoint",
  ZoneTemperature1: "ZoneSetpoint",
  ZoneTemperature2: "ZoneSetpoint",
  ZoneTemperature3: "ZoneSetpoint",
  Speed: "SpeedSetpoint",
  FeedOverride: "FeedSetpoint",
};

export const people = [
  { code: "ada", name: "Ada Larsen", badge: "1001", roles: ["operator"], language: "en" },
  { code: "ben", name: "Ben Okafor", badge: "1002", roles: ["operator"], language: "en" },
  { code: "chen", name: "Chen Wei", badge: "1003", roles: ["setter"], language: "en" },
  { code: "dana", name: "Dana Novak", badge: "2001", roles: ["supervisor"], language: "en" },
  { code: "elif", name: "Elif Kaya", badge: "2002", roles: ["quality"], language: "en" },
  { code: "femi", name: "Femi Adeyemi", badge: "2003", roles: ["maintenance"], language: "en" },
  { code: "greta", name: "Greta Holm", badge: "3001", roles: ["manager"], language: "en" },
  { code: "hugo", name: "Hugo Admin", badge: "9001", roles: ["administrator"], language: "en" },
] as const;

/** Who gets a password: whoever sits in an office. */
export const officeRoles: ReadonlySet<string> = new Set([
  "supervisor",
  "quality",
  "maintenance",
  "manager",
  "administrator",
]);
