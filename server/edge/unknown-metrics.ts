import type { RawReading } from "#server/device/driver.contract.ts";
import type { UnknownMetric } from "./uplink.contract.ts";
import { storableText } from "./validate.rules.ts";

/** Names that may wait to be reported; a source that invents names without end is cut off here. */
const maxWaiting = 5000;
const maxAtOnce = 500;

/** Metrics without a tag: each is reported once for every version of the document. */
export class UnknownMetrics {
  readonly #seen = new Set<string>();
  #waiting: UnknownMetric[] = [];
  /** Runs when there is something new to report. */
  onNew: () => void = () => undefined;

  note(sourceId: number, reading: RawReading): void {
    const metric = storableText(reading.metric).slice(0, 256);
    const key = `${sourceId}|${metric}`;
    if (reading.value === null || this.#seen.has(key) || this.#seen.size >= maxWaiting) return;
    this.#seen.add(key);
    const unit = reading.unit === undefined ? null : storableText(reading.unit).slice(0, 32);
    this.#waiting.push({ sourceId, metric, datatype: datatypeOf(reading.value), unit });
    this.onNew();
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
    this.#waiting = [];
  }
}

function datatypeOf(value: NonNullable<RawReading["value"]>): UnknownMetric["datatype"] {
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "boolean" : "number";
}
