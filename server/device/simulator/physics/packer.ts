import { hardLimits, partsPerPack, type PlantMachine } from "../layout.ts";
import type { Buffer } from "./buffer.ts";
import { Machine, outside, type Value } from "./machine.ts";
import { lag, type Random } from "./random.ts";

const reelM = 1200;
/** Film of one pack, m. */
const packM = 0.35;

/** A packer: takes parts out of the oven's buffer, wraps ten of them into a pack. */
export class Packer extends Machine {
  readonly kind = "packer";
  readonly #in: Buffer;
  /** Packs a minute of the plant's time at the standard cycle. */
  readonly #standard: number;
  #setRate: number;
  #rate: number;
  #tired = 1;
  #filmM: number;
  /** Parts of the pack in work. */
  inWork = 0;

  constructor(machine: PlantMachine, input: Buffer, random: Random, speed: number) {
    super(machine.code, random, speed);
    this.#in = input;
    this.#standard = 60 / machine.cycleS;
    this.#setRate = this.#standard;
    this.#rate = this.#standard;
    this.#filmM = random.between(0.5, 1) * reelM;
  }

  protected drift(dt: number): void {
    this.#rate = lag(this.#rate, this.#setRate, dt, 5);
    this.#tired = lag(this.#tired, this.faults.has("slow-cycle") ? 1.18 : 1, dt, 60);
    if (this.faults.has("jam")) this.faultCode = "E310";
    // A second reel is spliced on the run.
    if (!this.faults.has("material-low") && this.#filmM < 0.25 * reelM) this.#filmM = reelM;
  }

  protected begin(): number | "starved" | "blocked" {
    if (this.#filmM < packM || !this.#in.take(partsPerPack)) return "starved";
    this.inWork = partsPerPack;
    this.#filmM -= packM;
    return (60 / this.#rate) * this.#tired * Math.exp(this.random.normal(0.01));
  }

  protected finish(): void {
    this.inWork = 0;
    const hurry = Math.max(0, this.#rate / this.#standard - 1);
    if (this.random.chance(0.004 + 0.2 * hurry * hurry)) this.scrap += 1;
    else this.good += 1;
  }

  /** The pack in work is torn open and its parts go back. */
  protected abandon(): void {
    this.#in.level += this.inWork;
    this.inWork = 0;
  }

  protected microStopChance(): number {
    return this.faults.has("micro-stops") ? 1 / 8 : 1 / 250;
  }

  protected counters(): Record<string, number> {
    const { good, scrap, cycles, cycleMs } = this;
    return { CycleTime: cycleMs, Cycles: cycles, Good: good, Scrap: scrap, Material: this.#filmM };
  }

  override startFault(...[name]: Parameters<Machine["startFault"]>): void {
    super.startFault(name);
    if (name === "material-low") this.#filmM = Math.min(this.#filmM, 60 * packM);
  }

  override clear(): void {
    super.clear();
    this.#filmM = reelM;
  }

  protected set(metric: string, value: Value): string | null {
    if (metric !== "SpeedSetpoint") return "not a set-point";
    const [low, high] = hardLimits.packer.SpeedSetpoint;
    const unit = this.#standard * this.speed;
    const why = outside(value, [low * unit, high * unit]);
    if (why === null) this.#setRate = Number(value) / this.speed;
    return why;
  }

  read(metric: string): Value | undefined {
    switch (metric) {
      case "Speed":
        return this.state === "running"
          ? (this.#rate / this.#tired + this.random.normal(0.03)) * this.speed
          : 0;
      case "SpeedSetpoint":
        return this.#setRate * this.speed;
      case "Material":
        return this.#filmM;
      default:
        return this.common(metric);
    }
  }
}
