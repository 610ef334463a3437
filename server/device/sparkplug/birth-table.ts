import { quality, type Quality } from "../tag.contract.ts";
import type { DecodedMetric, DecodedPayload } from "./payload.ts";
import { withMembers } from "./templates.ts";
import { datatypes, isKnownDatatype, readQuality, readValue, type SparkplugValue } from "./values.ts";

/** What a birth said about one metric, and its last live value. */
export interface BornMetric {
  /** `<device>/<name>`, or the name alone for a metric of the node itself. */
  readonly path: string;
  readonly device: string;
  readonly name: string;
  readonly alias: number | bigint | null;
  readonly datatype: number;
  readonly unit: string | undefined;
  value: SparkplugValue;
  /** Source time of `value`, ms; null before the first. */
  at: number | null;
}

/** A value found in a payload, with the metric it belongs to. */
export interface FoundValue {
  readonly metric: BornMetric;
  readonly at: number;
  readonly value: SparkplugValue;
  readonly quality: Quality;
  readonly historical: boolean;
}

/** A birth that contradicts itself or another: refused whole, since a wrong alias makes a wrong value. */
export class BirthError extends Error {
  override readonly name = "BirthError";
}

/** Aliases of one edge node, all its devices together. */
export const maxAliases = 10_000;

/**
 * The tables of one session of an edge node: names per device, aliases per node. Aliases are unique across the
 * node *including all its devices*, and a new NBIRTH makes a new table: nothing of an old one is ever looked up.
 */
export class BirthTable {
  readonly #devices = new Map<string, Map<string, BornMetric>>();
  readonly #aliases = new Map<number | bigint, BornMetric>();
  /** Names of the templates that the NBIRTH defined. */
  readonly #templates = new Set<string>();

  /** Whether the device ("" = the node itself) is born and not dead. */
  has(device: string): boolean {
    return this.#devices.has(device);
  }

  get devices(): readonly string[] {
    return [...this.#devices.keys()];
  }

  /** Metrics that have a value: a template instance has none itself, its members have. */
  metricsOf(device: string): readonly BornMetric[] {
    const born = [...(this.#devices.get(device)?.values() ?? [])];
    return born.filter(({ datatype }) => datatype !== datatypes.Template);
  }

  /** The metrics of a message of the device, members of template instances included. */
  expand(device: string, metrics: readonly DecodedMetric[]): DecodedMetric[] {
    return withMembers(metrics, (metric) => this.find(device, metric)?.name);
  }

  /** @throws BirthError; the table is then as before, without the device. */
  bear(device: string, payload: DecodedPayload): readonly BornMetric[] {
    this.bury(device);
    const born = new Map<string, BornMetric>();
    const aliases = new Map<number | bigint, BornMetric>();
    if (device === "") this.#define(payload);
    for (const metric of withMembers(payload.metrics, ({ name }) => name)) {
      const { name, datatype, alias } = metric;
      if (name === undefined || name === "") throw new BirthError("a metric of the birth has no name");
      if (datatype === undefined) throw new BirthError(`${name} has no datatype in its birth`);
      if (born.has(name)) throw new BirthError(`the birth names ${name} twice`);
      const entry: BornMetric = {
        path: device === "" ? name : `${device}/${name}`,
        device,
        name,
        alias: alias ?? null,
        datatype,
        unit: metric.unit,
        value: null,
        at: null,
      };
      if (alias !== undefined) {
        const other = this.#aliases.get(alias) ?? aliases.get(alias);
        if (other !== undefined) {
          throw new BirthError(`alias ${alias} names both ${other.path} and ${entry.path}`);
        }
        aliases.set(alias, entry);
      }
      born.set(name, entry);
    }
    if (this.#aliases.size + aliases.size > maxAliases) {
      throw new BirthError(`the node has more than ${maxAliases} aliases`);
    }
    this.#devices.set(device, born);
    for (const [alias, entry] of aliases) this.#aliases.set(alias, entry);
    return [...born.values()].filter(({ datatype }) => datatype !== datatypes.Template);
  }

  #define({ metrics }: DecodedPayload): void {
    for (const { name, template } of metrics) {
      if (template?.isDefinition === true && name !== undefined) this.#templates.add(name);
    }
  }

  bury(device: string): void {
    for (const metric of this.#devices.get(device)?.values() ?? []) {
      if (metric.alias !== null) this.#aliases.delete(metric.alias);
    }
    this.#devices.delete(device);
  }

  byName(device: string, name: string): BornMetric | undefined {
    return this.#devices.get(device)?.get(name);
  }

  /** The metric of a data message, by alias or by name; it must belong to the device of the topic. */
  find(device: string, metric: DecodedMetric): BornMetric | undefined {
    const found = metric.alias === undefined ? undefined : this.#aliases.get(metric.alias);
    const entry = found ?? (metric.name === undefined ? undefined : this.byName(device, metric.name));
    return entry?.device === device ? entry : undefined;
  }

  /** What a born device has that Sparkplug does not allow and that costs no value, a sentence each. */
  oddities(device: string, { metrics }: DecodedPayload): string[] {
    const odd: string[] = [];
    const names = caseTwins(this.#devices.get(device)?.keys() ?? []);
    const devices = caseTwins(this.#devices.keys());
    if (names !== null) odd.push(`${names[0]} and ${names[1]} differ only by case`);
    if (devices?.includes(device) === true) {
      odd.push(`the devices ${devices[0]} and ${devices[1]} differ only by case`);
    }
    for (const { name = "", template } of metrics) {
      if (template?.isDefinition === true && device !== "") {
        odd.push(`the template ${name} is defined outside the NBIRTH`);
      }
      if (template?.isDefinition !== false) continue;
      if (template.ref === undefined) odd.push(`${name} does not say of which template it is`);
      else if (!this.#templates.has(template.ref)) {
        odd.push(`${name} is of the template ${template.ref}, which no NBIRTH defined`);
      }
    }
    return odd;
  }
}

/** Two names that differ only by case: many databases take them for one. */
function caseTwins(names: Iterable<string>): readonly [string, string] | null {
  const seen = new Map<string, string>();
  for (const name of names) {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) return [twin, name];
    seen.set(name.toLowerCase(), name);
  }
  return null;
}

/**
 * The value of a metric of a payload, under the datatype its birth said. A string = why there is none.
 * null as value = the source says it has none (`is_null`), which is neither 0 nor false.
 */
export function valueOf(
  entry: BornMetric,
  metric: DecodedMetric,
  payloadTime: number | undefined,
): FoundValue | string {
  const at = metric.timestamp ?? payloadTime;
  if (at === undefined) return `${entry.path} came without a timestamp`;
  const found = { metric: entry, at, quality: readQuality(metric.quality), historical: metric.isHistorical };
  if (metric.isNull) return { ...found, value: null };
  if (metric.raw === null) return `${entry.path} came without a value`;
  if (metric.raw.in === "unfit") return `${entry.path}: ${metric.raw.why}`;
  const value = readValue(entry.datatype, metric.raw);
  if (value === undefined) {
    return isKnownDatatype(entry.datatype)
      ? `${entry.path} came in another type than its birth said`
      : `${entry.path} has datatype ${entry.datatype}, which is not read`;
  }
  return { ...found, value };
}

/**
 * A value as a stale mark: the last one known, from the moment the link was lost. A clock that runs ahead of ours must
 * not make the value younger than its own death: the mark is never older than what it marks.
 */
export function staleMark(metric: BornMetric, at: number) {
  const sourceTime = Math.max(at, metric.at ?? at);
  return { metric: metric.path, sourceTime, value: metric.value, quality: quality.stale };
}
