import { z } from "zod";
import type { MachineKind } from "./layout.ts";

/** What can be made to go wrong in the demo plant, and on which kinds of machine. */
export const faultMachines = {
  /** A cooling channel clogs: less flow, a warmer mould, up to +14 °C in the melt; a lower set-point helps. */
  "cooling-clog": ["press"],
  /** The melt sensor reads more and more too high while the melt stays as it is; a lower set-point harms. */
  "sensor-drift": ["press"],
  /** The tool wears fast. A press makes scrap that no set-point takes away; a lathe's part grows, less with less feed. */
  "tool-wear": ["press", "cnc"],
  /** The hydraulics tire: each cycle takes about 18 % longer. */
  "slow-cycle": ["press", "packer", "cnc"],
  /** Short stops every minute or two. */
  "micro-stops": ["press", "packer", "cnc"],
  /** The last load missed the hopper: the rest runs out in minutes and nothing is refilled. */
  "material-low": ["press", "packer"],
  /** A person opens the guard; the machine stops at once. */
  "guard-open": ["press", "oven", "packer", "cnc"],
  /** A heater relay sticks: the melt (a zone of the oven) runs far above its set-point. */
  "over-temperature": ["press", "oven"],
  /** Packs jam in the infeed; the machine reports a fault and stops. */
  jam: ["packer"],
  /** The insert breaks: the spindle is overloaded, the machine says E420 and stops. */
  "tool-break": ["cnc"],
  /** Somebody turns the key to local: remote set-points are ignored. */
  "local-mode": ["press", "oven", "packer", "cnc"],
  /** The machine's counters fall to zero, as after a change of its battery. Happens once. */
  "counter-reset": ["press", "oven", "packer", "cnc"],
} as const satisfies Record<string, readonly MachineKind[]>;

export type FaultName = keyof typeof faultMachines;

export const faultNames = Object.keys(faultMachines) as [FaultName, ...FaultName[]];

/** Whether a fault can happen on this kind of machine. */
export function faultFits(name: FaultName, kind: MachineKind): boolean {
  const kinds: readonly MachineKind[] = faultMachines[name];
  return kinds.includes(kind);
}

/** Body of `POST /fault` at the plant's control port. `clear` ends every fault of the machine. */
export const FaultRequest = z.strictObject({
  name: z.enum([...faultNames, "clear"]),
  machine: z.string().max(64),
});
export type FaultRequest = z.infer<typeof FaultRequest>;

/** Body of `POST /clear`: ends every fault of one machine, or of all. */
export const ClearRequest = z.strictObject({ machine: z.string().max(64).optional() });

/** Body of `POST /machine`: what a person at the machine's own panel does (a changeover, a break, a start). */
export const MachineRequest = z.strictObject({
  machine: z.string().max(64),
  state: z.enum(["setup", "running", "idle"]),
});
export type MachineRequest = z.infer<typeof MachineRequest>;

/** One reading as the plant sent it: a line of `GET /log` and of the file `PLANT_LOG`. */
export interface PlantLogEntry {
  /** Grows by one with each reading sent. */
  readonly n: number;
  /** Code of the source, e.g. `moulding`. */
  readonly source: string;
  /** `<device>/<metric>`. */
  readonly metric: string;
  /** Source time, ms since epoch. */
  readonly at: number;
  /** 64-bit counters stay far below 2^53 here. */
  readonly value: number | string | boolean | null;
  /** Put into the plant's own store while the link was down, and sent later. */
  readonly historical: boolean;
}

/** One write that reached a machine: an entry of `GET /writes`. */
export interface PlantWrite {
  /** `<device>/<metric>`. */
  readonly metric: string;
  readonly value: number | string | boolean;
  /** When it came, on the plant's clock, ms since epoch. */
  readonly at: number;
  /** Why the machine ignored it; null = it obeyed. */
  readonly ignored: string | null;
}
