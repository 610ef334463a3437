import type { FaultName } from "../faults.contract.ts";
import { plantMachines } from "../layout.ts";
import { metricsFor, type PlantMetric } from "../metrics.ts";
import { Buffer } from "./buffer.ts";
import type { Machine, Value } from "./machine.ts";
import { Lathe } from "./lathe.ts";
import { Oven } from "./oven.ts";
import { Packer } from "./packer.ts";
import { Press } from "./press.ts";
import { Random } from "./random.ts";
import { Sampler } from "./sampler.ts";

/** One value a machine says, at its own time. */
export interface Sample {
  readonly machine: string;
  readonly metric: PlantMetric;
  /** ms since epoch. */
  readonly at: number;
  readonly value: Value;
}

export interface PlantOptions {
  readonly seed: number;
  /** How many seconds of the plant pass in a real one. */
  readonly speed: number;
  /** ms since epoch. */
  readonly startAt: number;
}

/** The plant moves on a fixed grid of real time, so that a seed and a list of faults give one and the same plant. */
export const gridMs = 50;
/** After a longer sleep of the process the plant does not catch up: it slept, too. */
const maxCatchUpMs = 10_000;

/** All machines, what lies between them, and time. Pure: time is told to it. */
export class Plant {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly #speed: number;
  readonly #samplers: readonly Sampler[];
  /** Presses → oven. */
  readonly beforeOven = new Buffer(480, 120);
  /** Oven → packer. */
  readonly beforePacker = new Buffer(360, 120);
  #at: number;

  constructor({ seed, speed, startAt }: PlantOptions) {
    this.#speed = speed;
    this.#at = startAt;
    const machines = plantMachines.map((machine, i): Machine => {
      // A stream of chance for each machine: what one does does not change another's luck.
      const random = new Random(seed * 1009 + i * 7919);
      if (machine.kind === "press") return new Press(machine, this.beforeOven, random, speed);
      if (machine.kind === "cnc") return new Lathe(machine, random, speed);
      return machine.kind === "oven"
        ? new Oven(machine, this.beforeOven, this.beforePacker, random, speed)
        : new Packer(machine, this.beforePacker, random, speed);
    });
    this.machines = new Map(machines.map((machine) => [machine.code, machine]));
    this.#samplers = machines.map(
      (machine) => new Sampler(machine, metricsFor(machine.kind, speed), startAt),
    );
  }

  /** The plant's present, ms since epoch. */
  get at(): number {
    return this.#at;
  }

  /** Moves on to `now` and answers everything said on the way, in the order of its times. */
  advanceTo(now: number): Sample[] {
    if (now - this.#at > maxCatchUpMs) this.#at = now - gridMs;
    const samples: Sample[] = [];
    while (this.#at + gridMs <= now) {
      const from = this.#at;
      this.#at += gridMs;
      for (const sampler of this.#samplers) {
        const moments = sampler.machine.step((gridMs / 1000) * this.#speed);
        samples.push(...sampler.sample(from, this.#at, moments, this.#speed));
      }
    }
    return samples;
  }

  startFault(code: string, name: FaultName): void {
    this.machines.get(code)?.startFault(name);
  }

  /** Ends the faults of one machine, or of all. */
  clear(code?: string): void {
    for (const machine of this.machines.values()) {
      if (code === undefined || machine.code === code) machine.clear();
    }
  }

  /** Null when the machine obeys, else why it does not. */
  write(code: string, metric: string, value: Value): string | null {
    return (
      this.machines.get(code)?.write(metric, value) ?? (this.machines.has(code) ? null : "no such machine")
    );
  }

  /** Every metric of a machine as it is now, for a birth. */
  present(code: string): Sample[] {
    const sampler = this.#samplers.find(({ machine }) => machine.code === code);
    return sampler?.present(this.#at) ?? [];
  }
}
