import { hardLimits, type PlantMachine } from "../layout.ts";
import { Machine, outside, type Value } from "./machine.ts";
import { lag, type Random } from "./random.ts";

/** What the drawing asks for, mm: a part outside `nominalMm` ± `toleranceMm` is scrap. */
export const drawing = { nominalMm: 24, toleranceMm: 0.05 };
/** Parts that an insert lasts at full feed; then the turret takes its sister. */
const lifeParts = 240;
/** The turret's change of the insert, s. */
const changeS = 25;
/** Load of the turning spindle without a cut, %. */
const idleLoad = 6;

/**
 * How much too thick a part comes out, mm: a worn insert (0 new … 1 at the end of its life) and a fast feed push the
 * part away, so that a slower feed brings a part of a worn insert back.
 */
export function deflectionMm(wear: number, feedPct: number): number {
  return (0.01 + 0.05 * wear) * (feedPct / 100) ** 1.5 - 0.012;
}

/** A CNC lathe with a bar feeder: spindle, turret with sister tools, a probe that measures each part. */
export class Lathe extends Machine {
  readonly kind = "cnc";
  readonly #cycleS: number;
  #feedSetPct = 100;
  #feedPct = 100;
  #wear: number;
  #tired = 1;
  #changes = false;
  #diameterMm = drawing.nominalMm;
  #energyKwh = 0;

  constructor(machine: PlantMachine, random: Random, speed: number) {
    super(machine.code, random, speed);
    this.#cycleS = machine.cycleS;
    this.#wear = random.between(0, 0.6);
  }

  /** 0 = a new insert, 1 = the end of its life. */
  get wear(): number {
    return this.#wear;
  }

  protected drift(dt: number): void {
    const { faults } = this;
    this.#feedPct = lag(this.#feedPct, this.#feedSetPct, dt, 5);
    // The magazine has no sister of an insert that wears like this: it wears on, past the end of its life.
    if (faults.has("tool-wear")) this.#wear = lag(this.#wear, 1.5, dt, 400);
    this.#tired = lag(this.#tired, faults.has("slow-cycle") ? 1.18 : 1, dt, 60);
    if (faults.has("tool-break")) this.faultCode = "E420";
    const powerKw = this.state === "running" ? 3 + 0.09 * this.#cutLoad() : 1.5;
    this.#energyKwh += (powerKw * dt) / 3600;
  }

  /** The bar feeder is loaded beside the machine, and finished parts fall into a box: nothing here is waited for. */
  protected begin(): number {
    const change = this.#changes ? changeS : 0;
    if (this.#changes) this.#wear = 0;
    this.#changes = false;
    const noise = Math.exp(this.random.normal(0.006));
    return ((this.#cycleS * 100) / this.#feedPct) * this.#tired * noise + change;
  }

  protected finish(): void {
    this.#diameterMm =
      drawing.nominalMm + deflectionMm(this.#wear, this.#feedPct) + this.random.normal(0.004);
    if (Math.abs(this.#diameterMm - drawing.nominalMm) > drawing.toleranceMm) this.scrap += 1;
    else this.good += 1;
    if (this.faults.has("tool-wear")) return;
    this.#wear += (this.#feedPct / 100) ** 2 / lifeParts;
    if (this.#wear >= 1) this.#changes = true;
  }

  /** A part that is not turned to its end is no part: the bar feeder pushes it out. */
  protected abandon(): void {}

  protected microStopChance(): number {
    return this.faults.has("micro-stops") ? 1 / 4 : 1 / 200;
  }

  protected counters(): Record<string, number> {
    const { good, scrap, cycles, cycleMs } = this;
    return { CycleTime: cycleMs, Cycles: cycles, Good: good, Scrap: scrap, Diameter: this.#diameterMm };
  }

  override clear(): void {
    super.clear();
    this.#wear = 0;
    this.#changes = false;
  }

  protected set(metric: string, value: Value): string | null {
    if (metric !== "FeedSetpoint") return "not a set-point";
    const why = outside(value, hardLimits.cnc.FeedSetpoint);
    if (why === null) this.#feedSetPct = Number(value);
    return why;
  }

  read(metric: string): Value | undefined {
    switch (metric) {
      case "SpindleLoad":
        if (this.state !== "running") return 0;
        return Math.max(0, this.#cutLoad() + this.random.normal(0.8));
      case "Diameter":
        return this.#diameterMm;
      case "FeedOverride":
        return this.state === "running" ? this.#feedPct / this.#tired + this.random.normal(0.1) : 0;
      case "FeedSetpoint":
        return this.#feedSetPct;
      case "Energy":
        return this.#energyKwh;
      default:
        return this.common(metric);
    }
  }

  /** Between two cuts the spindle only turns; a worn insert needs more force. */
  #cutLoad(): number {
    const cuts = this.phase > 0.08 && this.phase < 0.92;
    return cuts ? idleLoad + 40 * (this.#feedPct / 100) ** 0.8 * (1 + 0.6 * this.#wear) : idleLoad;
  }
}
