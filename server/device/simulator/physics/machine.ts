import type { FaultName } from "../faults.contract.ts";
import type { MachineKind } from "../layout.ts";
import type { Random } from "./random.ts";

export type MachineWord = "running" | "idle" | "stopped" | "fault" | "setup" | "starved" | "blocked";
export type Value = number | string | boolean;

/** The end of a cycle: when, as seconds into the step, and what the machine's counters said then. */
export interface Moment {
  readonly offsetS: number;
  readonly values: Readonly<Record<string, number>>;
}

/** A machine that waits shorter than this for parts, room or material still says it runs, s. */
const graceS = 20;

/**
 * What all machines of the plant have in common: cycles one after the other, a guard, a key for remote mode, a panel,
 * short stops, faults. Time comes in as seconds of the plant's own (sped-up) time.
 */
export abstract class Machine {
  abstract readonly kind: MachineKind;
  readonly code: string;
  protected readonly random: Random;
  /** How many plant seconds pass in a real one; lengths of cycles are reported in real ms. */
  protected readonly speed: number;
  protected readonly faults = new Set<FaultName>();

  state: MachineWord = "running";
  faultCode = "";
  good = 0;
  scrap = 0;
  cycles = 0;
  guardOpen = false;
  remote = true;
  stopRequested = false;
  /** Length of the last cycle, real ms. */
  cycleMs = 0;

  #panel: "running" | "setup" | "idle" = "running";
  /** A controlled stop was reached; only a person at the panel starts the machine again. */
  #stopped = false;
  #microStopS = 0;
  #waitedS = 0;
  #cycle: { elapsedS: number; readonly lengthS: number } | null = null;

  constructor(code: string, random: Random, speed: number) {
    this.code = code;
    this.random = random;
    this.speed = speed;
  }

  /** Temperatures, wear, energy: whatever moves also while no cycle runs. */
  protected abstract drift(dt: number): void;
  /** Takes what a cycle needs. Answers its length in s, or why it cannot begin. */
  protected abstract begin(): number | "starved" | "blocked";
  protected abstract finish(): void;
  /** A cycle ends half-way: what was in it is lost. */
  protected abstract abandon(): void;
  /** Chance of a short stop after a cycle. */
  protected abstract microStopChance(): number;
  protected abstract counters(): Record<string, number>;
  /** Takes a set-point, or says why not. */
  protected abstract set(metric: string, value: Value): string | null;
  /** The present value of a metric, with the noise of its sensor. */
  abstract read(metric: string): Value | undefined;

  /** Share of the present cycle that is done, 0 when none runs. */
  protected get phase(): number {
    return this.#cycle === null ? 0 : this.#cycle.elapsedS / this.#cycle.lengthS;
  }

  step(dt: number): Moment[] {
    this.drift(dt);
    const moments: Moment[] = [];
    let rest = dt;
    while (rest > 1e-9) {
      const halt = this.#halted();
      if (halt !== null) {
        this.#drop();
        this.state = halt;
        break;
      }
      if (this.#cycle === null) {
        rest -= this.#pause(rest);
        if (rest <= 1e-9 || !this.#start(rest)) break;
      }
      const cycle: { elapsedS: number; readonly lengthS: number } | null = this.#cycle;
      if (cycle === null) break;
      const left = cycle.lengthS - cycle.elapsedS;
      if (left > rest) {
        cycle.elapsedS += rest;
        break;
      }
      rest -= left;
      this.#complete(cycle.lengthS);
      moments.push({ offsetS: dt - rest, values: this.counters() });
    }
    return moments;
  }

  /** What a person at the panel does. */
  panel(state: "running" | "setup" | "idle"): void {
    this.#panel = state;
    if (state !== "running") return;
    this.#stopped = false;
    this.stopRequested = false;
  }

  startFault(name: FaultName): void {
    if (name === "counter-reset") {
      this.good = 0;
      this.scrap = 0;
      this.cycles = 0;
      return;
    }
    this.faults.add(name);
    if (name === "guard-open") this.guardOpen = true;
    if (name === "local-mode") this.remote = false;
  }

  /** Maintenance was here: everything is as it should be, and the machine is started again. */
  clear(): void {
    this.faults.clear();
    this.guardOpen = false;
    this.remote = true;
    this.faultCode = "";
    this.panel("running");
  }

  get activeFaults(): readonly FaultName[] {
    return [...this.faults];
  }

  /** A remote write, as the machine itself judges it: null when it is obeyed, else why it is ignored. */
  write(metric: string, value: Value): string | null {
    if (!this.remote) return "the machine is in local mode";
    if (this.guardOpen) return "the guard is open";
    return this.set(metric, value);
  }

  protected common(metric: string): Value | undefined {
    switch (metric) {
      case "State":
        return this.state;
      case "Fault":
        return this.faultCode;
      case "Good":
        return this.good;
      case "Scrap":
        return this.scrap;
      case "Cycles":
        return this.cycles;
      case "CycleTime":
        return this.cycleMs;
      case "GuardOpen":
        return this.guardOpen;
      case "Remote":
        return this.remote;
      default:
        return undefined;
    }
  }

  #halted(): MachineWord | null {
    if (this.guardOpen) return "stopped";
    return this.faultCode === "" ? null : "fault";
  }

  /** A short stop between two cycles; answers the seconds it takes of this step. */
  #pause(rest: number): number {
    const pause = Math.min(this.#microStopS, rest);
    if (pause > 0) this.state = "stopped";
    this.#microStopS -= pause;
    return pause;
  }

  #start(rest: number): boolean {
    if (this.stopRequested) this.#stopped = true;
    if (this.#stopped || this.#panel !== "running") {
      this.state = this.#stopped || this.#panel === "running" ? "stopped" : this.#panel;
      return false;
    }
    const lengthS = this.begin();
    if (typeof lengthS === "string") {
      this.#waitedS += rest;
      if (this.state !== "running" || this.#waitedS > graceS) this.state = lengthS;
      return false;
    }
    this.#waitedS = 0;
    this.state = "running";
    this.#cycle = { elapsedS: 0, lengthS };
    return true;
  }

  #complete(lengthS: number): void {
    this.#cycle = null;
    this.cycles += 1;
    this.cycleMs = (lengthS * 1000) / this.speed;
    this.finish();
    if (this.random.chance(this.microStopChance())) this.#microStopS = this.random.between(5, 25);
  }

  #drop(): void {
    if (this.#cycle === null) return;
    this.#cycle = null;
    this.abandon();
  }
}

/** Why a number is not taken as a set-point, null when it is. */
export function outside(value: Value, limits: readonly [number, number]): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return "not a number";
  return value < limits[0] || value > limits[1]
    ? `outside the machine's own limits ${limits[0]} to ${limits[1]}`
    : null;
}
