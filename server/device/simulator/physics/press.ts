import { hardLimits, type PlantMachine } from "../layout.ts";
import type { Buffer } from "./buffer.ts";
import { Machine, outside, type Value } from "./machine.ts";
import { lag, type Random } from "./random.ts";

/** Melt temperature and cycle speed at which scrap is least; inside the limits of adjustments. */
export const optimum = { meltC: 230, speedPct: 100 };
/** How much a clogged cooling channel warms the melt in the end, °C. */
export const clogHeatC = 14;
/** How much too high a drifting melt sensor reads in the end, °C. */
export const sensorDriftC = 12;
/** Granulate of one part, sprue included, kg. */
const partKg = 0.025;
const hopperKg = 60;
/** The melt's own trip: hotter than this the machine gives up by itself, °C. */
const tripC = 285;

/**
 * Share of parts that are scrap. A tilted bowl over true melt temperature and cycle speed (faster cycles want a hotter
 * melt), least at `optimum`; on top what the tool's wear (0 new … 1 worn) adds.
 */
export function scrapProbability(meltC: number, speedPct: number, wear: number): number {
  const u = (meltC - optimum.meltC) / 14;
  const v = (speedPct - optimum.speedPct) / 15;
  const bowl = 0.17 * (u * u + 0.35 * v * v - 0.4 * u * v);
  return Math.min(0.95, 0.012 + bowl + 0.15 * wear);
}

/** An injection-moulding press: melt, mould, cooling water, a tool with cavities, a hopper. */
export class Press extends Machine {
  readonly kind = "press";
  readonly #cavities: number;
  readonly #cycleS: number;
  readonly #out: Buffer;

  #meltSetC = optimum.meltC;
  #speedSetPct = optimum.speedPct;
  #speedPct = optimum.speedPct;
  /** What the heaters alone make of the set-point, °C. */
  #heatedC = optimum.meltC;
  /** What a clog or a stuck relay adds, °C. */
  #extraC = 0;
  #clog = 0;
  #driftC = 0;
  #wear = 0;
  #tired = 1;
  #mouldC = 60;
  #flow = 12;
  #materialKg = hopperKg;
  #energyKwh = 0;

  constructor(machine: PlantMachine, out: Buffer, random: Random, speed: number) {
    super(machine.code, random, speed);
    this.#cavities = machine.perCycle;
    this.#cycleS = machine.cycleS;
    this.#out = out;
    this.#materialKg = random.between(0.65, 1) * hopperKg;
  }

  /** What the melt really is: the sensor may say something else. */
  get trueMeltC(): number {
    return this.#heatedC + this.#extraC + 0.1 * (this.#speedPct - optimum.speedPct);
  }

  get scrapProbability(): number {
    return scrapProbability(this.trueMeltC, this.#speedPct, this.#wear);
  }

  protected drift(dt: number): void {
    const { faults } = this;
    this.#heatedC = lag(this.#heatedC, this.#meltSetC, dt, 120);
    this.#speedPct = lag(this.#speedPct, this.#speedSetPct, dt, 10);
    this.#clog = lag(
      this.#clog,
      faults.has("cooling-clog") ? 1 : 0,
      dt,
      faults.has("cooling-clog") ? 240 : 60,
    );
    // A stopped machine drops the heaters' main contactor, so a stuck relay heats only while it works.
    const stuck = faults.has("over-temperature") && this.state !== "stopped" && this.state !== "fault";
    this.#extraC = lag(this.#extraC, stuck ? 70 : clogHeatC * this.#clog, dt, stuck ? 120 : 90);
    this.#driftC = faults.has("sensor-drift")
      ? Math.min(sensorDriftC, this.#driftC + dt * (sensorDriftC / 500))
      : 0;
    this.#wear = faults.has("tool-wear") ? lag(this.#wear, 1, dt, 400) : this.#wear;
    this.#tired = lag(this.#tired, faults.has("slow-cycle") ? 1.18 : 1, dt, 60);
    this.#mouldC = lag(this.#mouldC, 60 + 1.3 * this.#extraC + (this.state === "running" ? 0 : -6), dt, 180);
    this.#flow = 12 * (1 - 0.62 * this.#clog);
    const powerKw = this.state === "running" ? 28 + 0.05 * (this.#meltSetC - 230) : 9;
    this.#energyKwh += (powerKw * dt) / 3600;
    // The loader fills the hopper long before it is empty.
    if (!faults.has("material-low") && this.#materialKg < 0.6 * hopperKg) this.#materialKg = hopperKg;
    if (this.trueMeltC > tripC) this.faultCode = "E201";
  }

  protected begin(): number | "starved" | "blocked" {
    const shotKg = this.#cavities * partKg;
    if (this.#materialKg < shotKg - 1e-6) return "starved";
    if (!this.#out.reserve(this.#cavities)) return "blocked";
    this.#materialKg = Math.max(0, this.#materialKg - shotKg);
    const noise = Math.exp(this.random.normal(0.008));
    return ((this.#cycleS * 100) / this.#speedPct) * this.#tired * noise;
  }

  protected finish(): void {
    const scrap = this.random.binomial(this.#cavities, this.scrapProbability);
    this.scrap += scrap;
    this.good += this.#cavities - scrap;
    this.#out.put(this.#cavities, this.#cavities - scrap);
  }

  protected abandon(): void {
    this.#out.put(this.#cavities, 0);
  }

  protected microStopChance(): number {
    return this.faults.has("micro-stops") ? 1 / 4 : 1 / 150;
  }

  protected counters(): Record<string, number> {
    const { good, scrap, cycles, cycleMs } = this;
    return { CycleTime: cycleMs, Cycles: cycles, Good: good, Scrap: scrap, Material: this.#materialKg };
  }

  override startFault(...[name]: Parameters<Machine["startFault"]>): void {
    super.startFault(name);
    // About 35 shots: a quarter of an hour of the plant's time.
    if (name === "material-low") this.#materialKg = Math.min(this.#materialKg, 35 * this.#cavities * partKg);
  }

  override clear(): void {
    super.clear();
    this.#wear = 0;
    this.#materialKg = hopperKg;
    // What was far too hot has cooled by the time the machine is started again.
    this.#extraC = Math.min(this.#extraC, clogHeatC);
  }

  protected set(metric: string, value: Value): string | null {
    const limits = hardLimits.press;
    switch (metric) {
      case "MeltSetpoint":
      case "SpeedSetpoint": {
        const why = outside(value, limits[metric]);
        if (why !== null) return why;
        if (metric === "MeltSetpoint") this.#meltSetC = Number(value);
        else this.#speedSetPct = Number(value);
        return null;
      }
      case "StopRequest":
        if (typeof value !== "boolean") return "not true or false";
        this.stopRequested = value;
        return null;
      default:
        return "not a set-point";
    }
  }

  read(metric: string): Value | undefined {
    const { random } = this;
    switch (metric) {
      case "MeltTemperature":
        return this.trueMeltC + this.#driftC + random.normal(0.3);
      case "MouldTemperature":
        return this.#mouldC + 1.5 * Math.sin(2 * Math.PI * this.phase) + random.normal(0.2);
      case "InjectionPressure":
        return this.#pressureBar();
      case "CoolingFlow":
        return Math.max(0, this.#flow + random.normal(0.06));
      case "CycleSpeed":
        return this.state === "running" ? this.#speedPct / this.#tired + random.normal(0.2) : 0;
      case "MeltSetpoint":
        return this.#meltSetC;
      case "SpeedSetpoint":
        return this.#speedSetPct;
      case "Material":
        return this.#materialKg;
      case "Energy":
        return this.#energyKwh;
      case "StopRequest":
        return this.stopRequested;
      default:
        return this.common(metric);
    }
  }

  /** Injection up to the peak, hold, then nothing while the parts cool. A hotter melt flows more easily. */
  #pressureBar(): number {
    if (this.state !== "running") return 0;
    const { phase } = this;
    const peak = 900 * (1 - 0.006 * (this.trueMeltC - optimum.meltC));
    const noise = this.random.normal(6);
    if (phase < 0.12) return Math.max(0, (peak * phase) / 0.12 + noise);
    if (phase < 0.33) return 0.55 * peak + noise;
    return Math.max(0, 4 + this.random.normal(1.5));
  }
}
