import type { RawReading } from "#server/device/driver.contract.ts";
import { maxSeen, type SeenValue, type UnknownMetric } from "./uplink.contract.ts";
import { storableText } from "./validate.rules.ts";

/** Names that may wait to be reported; a source that invents names without end is cut off here. */
const maxWaiting = 5000;
const maxAtOnce = 500;

/** Metrics without a tag: each is reported once for every version of the document. */
export class UnknownMetrics {
  readonly #seen = new Set<string>();
  /** The last reading of each that was seen, by source and metric. */
  readonly #last = new Map<number, Map<string, RawReading>>();
  #waiting: UnknownMetric[] = [];
  /** Runs when there is something new to report. */
  onNew: () => void = () => undefined;

  note(sourceId: number, reading: RawReading): void {
    const metric = storableText(reading.metric).slice(0, 256);
    const key = `${sourceId}|${metric}`;
    if (this.#seen.has(key)) this.#last.get(sourceId)?.set(metric, reading);
    if (reading.value === null || this.#seen.has(key) || this.#seen.size >= maxWaiting) return;
    this.#seen.add(key);
    const ofSource = this.#last.get(sourceId) ?? new Map<string, RawReading>();
    this.#last.set(sourceId, ofSource.set(metric, reading));
    const unit = reading.unit === undefined ? null : storableText(reading.unit).slice(0, 32);
    this.#waiting.push({ sourceId, metric, datatype: datatypeOf(reading.value), unit });
    this.onNew();
  }

  /** What a source last said under names that no tag has, as it said it. */
  last(sourceId: number): readonly SeenValue[] {
    return [...(this.#last.get(sourceId) ?? [])]
      .slice(0, maxSeen)
      .map(([metric, reading]) => seen(metric, reading));
  }

  /** What has not been reported yet, at most some hundred. Give it back to {@link reported}. */
  next(): readonly UnknownMetric[] {
    return this.#waiting.slice(0, maxAtOnce);
  }

  reported(metrics: readonly UnknownMetric[]): void {
    const done = new Set(metrics);
    this.#waiting = this.#waiting.filter((metric) => !done.has(metric));
  }

  /** A new document may know them now. */
  forget(): void {
    this.#seen.clear();
    this.#last.clear();
    this.#waiting = [];
  }
}

/** A raw reading as a person may look at it: bounded, and of types that JSON has. */
export function seen(metric: string, { value, unit, sourceTime, quality }: RawReading): SeenValue {
  const exact = typeof value === "bigint" ? value.toString() : value;
  return {
    metric: storableText(metric).slice(0, 256),
    datatype: value === null ? "text" : datatypeOf(value),
    unit: unit === undefined ? null : storableText(unit).slice(0, 32),
    value: typeof exact === "string" ? storableText(exact).slice(0, 200) : exact,
    at: Number.isFinite(sourceTime) ? sourceTime : null,
    quality,
  };
}

function datatypeOf(value: NonNullable<RawReading["value"]>): UnknownMetric["datatype"] {
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "boolean" : "number";
}
