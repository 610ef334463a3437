import type { PlantMetric } from "../metrics.ts";
import type { Machine, Moment, Value } from "./machine.ts";
import type { Sample } from "./plant.ts";

/** Said at the end of each cycle, at its exact time; between cycles they cannot change but by a reset. */
const cycleTime = "CycleTime";

interface Said {
  readonly at: number;
  readonly value: Value;
}

/**
 * What a machine's controller says and when: measurements at their rate, everything else when it changes, counters
 * and cycle times at the exact end of the cycle, and nothing twice unless it was silent for long (report by exception).
 */
export class Sampler {
  readonly machine: Machine;
  readonly #metrics: readonly PlantMetric[];
  readonly #byName: ReadonlyMap<string, PlantMetric>;
  readonly #said = new Map<string, Said>();
  readonly #startAt: number;

  constructor(machine: Machine, metrics: readonly PlantMetric[], startAt: number) {
    this.machine = machine;
    this.#metrics = metrics;
    this.#byName = new Map(metrics.map((metric) => [metric.name, metric]));
    this.#startAt = startAt;
  }

  /** What is said between two points of the grid, in the order of its times. */
  sample(from: number, to: number, moments: readonly Moment[], speed: number): Sample[] {
    const samples: Sample[] = [];
    for (const { offsetS, values } of moments) {
      const at = Math.round(from + (offsetS * 1000) / speed);
      for (const [name, raw] of Object.entries(values)) {
        const metric = this.#byName.get(name);
        if (metric === undefined) continue;
        const value = rounded(metric, raw);
        if (name === cycleTime || value !== this.#said.get(name)?.value) {
          samples.push(this.#say(metric, at, value));
        }
      }
    }
    for (const metric of this.#metrics) {
      if (metric.name === cycleTime) continue;
      const said = this.#said.get(metric.name);
      // A healthy source repeats itself well before anybody worries.
      const silent = said === undefined || to - said.at >= metric.expectedMs / 2;
      const due = metric.sampleMs === null || (to - this.#startAt) % metric.sampleMs === 0;
      if (!due && !silent) continue;
      const value = this.#read(metric);
      if (silent || value !== said.value) samples.push(this.#say(metric, to, value));
    }
    return samples;
  }

  present(at: number): Sample[] {
    return this.#metrics.map((metric) => {
      const value = this.#said.get(metric.name)?.value ?? this.#read(metric);
      return { machine: this.machine.code, metric, at, value };
    });
  }

  #read(metric: PlantMetric): Value {
    return rounded(metric, this.machine.read(metric.name) ?? 0);
  }

  #say(metric: PlantMetric, at: number, value: Value): Sample {
    this.#said.set(metric.name, { at, value });
    return { machine: this.machine.code, metric, at, value };
  }
}

/** A sensor has a resolution; what lies below it is no change. */
function rounded(metric: PlantMetric, value: Value): Value {
  return typeof value === "number" ? Number(value.toFixed(metric.decimals)) : value;
}
