import { hardLimits, ovenPositions, type PlantMachine } from "../layout.ts";
import type { Buffer } from "./buffer.ts";
import { Machine, outside, type Value } from "./machine.ts";
import { lag, type Random } from "./random.ts";

/** How much a zone with a stuck relay runs above its set-point in the end, °C. */
const stuckC = 30;

/** An annealing oven: trays move from position to position, one step a cycle; several lots are inside at once. */
export class Oven extends Machine {
  readonly kind = "oven";
  readonly #tray: number;
  readonly #cycleS: number;
  readonly #in: Buffer;
  readonly #out: Buffer;
  /** Parts on the tray at each position; the last one leaves next. */
  readonly positions: number[];

  #setC = 85;
  readonly #zonesC = [85, 85, 85];
  #energyKwh = 0;

  constructor(machine: PlantMachine, input: Buffer, output: Buffer, random: Random, speed: number) {
    super(machine.code, random, speed);
    this.#tray = machine.perCycle;
    this.#cycleS = machine.cycleS;
    this.#in = input;
    this.#out = output;
    this.positions = Array.from({ length: ovenPositions }, () => machine.perCycle);
  }

  protected drift(dt: number): void {
    for (const [i, zone] of this.#zonesC.entries()) {
      const extra = i === 1 && this.faults.has("over-temperature") ? stuckC : 0;
      this.#zonesC[i] = lag(zone, this.#setC + extra, dt, 300);
    }
    const powerKw = this.state === "running" ? 36 : 22;
    this.#energyKwh += (powerKw * dt) / 3600;
  }

  /** The chain moves when a full tray waits and the last one has room to leave. */
  protected begin(): number | "starved" | "blocked" {
    if (this.#in.level < this.#tray) return "starved";
    if (!this.#out.reserve(this.#tray)) return "blocked";
    this.#in.take(this.#tray);
    this.positions.unshift(this.#tray);
    return this.#cycleS * Math.exp(this.random.normal(0.004));
  }

  protected finish(): void {
    const parts = this.positions.pop() ?? 0;
    this.good += parts;
    this.#out.put(this.#tray, parts);
  }

  /** The chain stands between two positions and moves on later: nothing is lost. */
  protected abandon(): void {
    this.positions.shift();
    this.#out.put(this.#tray, 0);
    this.#in.level += this.#tray;
  }

  protected microStopChance(): number {
    return 0;
  }

  protected counters(): Record<string, number> {
    return { Cycles: this.cycles, Good: this.good };
  }

  protected set(metric: string, value: Value): string | null {
    if (metric !== "ZoneSetpoint") return "not a set-point";
    const why = outside(value, hardLimits.oven.ZoneSetpoint);
    if (why === null) this.#setC = Number(value);
    return why;
  }

  read(metric: string): Value | undefined {
    switch (metric) {
      case "ZoneTemperature1":
      case "ZoneTemperature2":
      case "ZoneTemperature3":
        return (this.#zonesC[Number(metric.at(-1)) - 1] ?? 0) + this.random.normal(0.15);
      case "ZoneSetpoint":
        return this.#setC;
      case "Energy":
        return this.#energyKwh;
      default:
        return this.common(metric);
    }
  }
}
