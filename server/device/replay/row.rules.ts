import { Temporal } from "temporal-polyfill";
import type { RawReading } from "../driver.contract.ts";
import { quality, type Quality } from "../tag.contract.ts";
import type { ReplayConfig } from "./replay.contract.ts";

/** Longest text of one value, characters. */
const maxText = 4096;

/** A row as it was recorded: its own time, and what was read then. */
export interface RecordedRow {
  /** ms since epoch, on the recorder's clock. */
  readonly at: number;
  readonly readings: readonly Omit<RawReading, "sourceTime" | "historical">[];
}

/** Reads rows under a first line; a text says why a row is unreadable. */
export type RowReader = (cells: readonly string[]) => RecordedRow | string;

/** The reader for a recording whose first line is `head`; a text says why no row of it can be read. */
export function rowReader(head: readonly string[], config: ReplayConfig): RowReader | string {
  const columns = new Map<string, number>();
  for (const [i, name] of head.entries()) {
    if (columns.has(name)) return `the first line names the column ${name} twice`;
    columns.set(name, i);
  }
  const { layout } = config;
  const needed = layout.kind === "wide" ? [layout.time] : [layout.time, layout.metric, layout.value];
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) return `the first line names no column ${missing.join(", ")}`;
  const at = (name: string): number => columns.get(name) ?? -1;
  const read = layout.kind === "long" ? longReader(layout, at, config) : wideReader(layout, head, config);
  if (typeof read === "string") return read;
  const timeAt = at(layout.time);
  return (cells) => {
    if (cells.length !== head.length) {
      return `the row has ${cells.length} values under ${head.length} columns`;
    }
    const time = readTime(cells[timeAt] ?? "", config);
    if (typeof time === "string") return time;
    const readings = read(cells);
    return typeof readings === "string" ? readings : { at: time, readings };
  };
}

/** The metrics that the first line alone tells. */
export function metricsOf(head: readonly string[], { layout }: ReplayConfig): string[] {
  if (layout.kind === "long") return [];
  return head.filter((name) => name !== layout.time && !layout.without.includes(name));
}

type Readings = RecordedRow["readings"] | string;
type Layout<K> = Extract<ReplayConfig["layout"], { kind: K }>;

function longReader(
  layout: Layout<"long">,
  at: (name: string) => number,
  config: ReplayConfig,
): (cells: readonly string[]) => Readings {
  const [metricAt, valueAt] = [at(layout.metric), at(layout.value)];
  const [qualityAt, unitAt] = [at(layout.quality), at(layout.unit)];
  const texts = new Set(config.texts);
  return (cells) => {
    const metric = cells[metricAt] ?? "";
    const wrong = whyNoMetric(metric);
    if (wrong !== null) return wrong;
    const value = readValue(cells[valueAt] ?? "", config.decimal, texts.has(metric));
    if (value === undefined) return `the value has more than ${maxText} characters`;
    const q = readQuality(cells[qualityAt] ?? "");
    if (q === undefined) return `${cells[qualityAt] ?? ""} is no quality: good, uncertain, bad or stale`;
    const unit = cells[unitAt] ?? "";
    return [{ metric, value, quality: q, ...(unit !== "" && { unit }) }];
  };
}

function wideReader(
  layout: Layout<"wide">,
  head: readonly string[],
  config: ReplayConfig,
): ((cells: readonly string[]) => Readings) | string {
  const texts = new Set(config.texts);
  const metrics = metricsOf(head, config).map((name) => [head.indexOf(name), name] as const);
  for (const [, name] of metrics) {
    const wrong = whyNoMetric(name);
    if (wrong !== null) return `the first line: ${wrong}`;
  }
  return (cells) => {
    const readings: RecordedRow["readings"][number][] = [];
    for (const [i, metric] of metrics) {
      const cell = cells[i] ?? "";
      if (cell === "") continue;
      const value = readValue(cell, config.decimal, texts.has(metric));
      if (value === undefined) return `the value of ${metric} has more than ${maxText} characters`;
      const unit = Object.hasOwn(layout.units, metric) ? layout.units[metric] : undefined;
      readings.push({ metric, value, quality: quality.good, ...(unit !== undefined && { unit }) });
    }
    return readings;
  };
}

function whyNoMetric(name: string): string | null {
  if (name === "") return "a metric has no name";
  if (name.length > 256) return "a metric's name has more than 256 characters";
  return /\p{Cc}/u.test(name) ? "a metric's name has control characters" : null;
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const whole = /^[+-]?\d+$/;

/** Empty and NaN are "no value", which is not 0. `undefined` = longer than a reading may be. */
function readValue(cell: string, decimal: "." | ",", asText: boolean): RawReading["value"] | undefined {
  if (cell.length > maxText) return undefined;
  if (asText) return cell;
  if (cell === "" || /^nan$/i.test(cell)) return null;
  if (/^true$/i.test(cell)) return true;
  if (/^false$/i.test(cell)) return false;
  const plain = decimal === "." ? cell : cell.replace(",", ".");
  if (!number.test(plain)) return cell;
  const value = Number(plain);
  return whole.test(plain) && !Number.isSafeInteger(value) ? BigInt(plain.replace("+", "")) : value;
}

const words: Readonly<Record<string, Quality>> = {
  "": quality.good,
  good: quality.good,
  uncertain: quality.uncertain,
  bad: quality.bad,
  stale: quality.stale,
  // As this house numbers them.
  0: quality.good,
  1: quality.uncertain,
  2: quality.bad,
  3: quality.stale,
};

function readQuality(cell: string): Quality | undefined {
  const word = cell.toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

/**
 * A time as ms of UTC; a text says why it is none. A local time that the change to summer time skips is moved on by
 * the hour that is skipped; of one that happens twice the first is meant.
 */
export function readTime(cell: string, { time, zone }: Pick<ReplayConfig, "time" | "zone">): number | string {
  if (time !== "iso") {
    const value = number.test(cell) ? Number(cell) * (time === "s" ? 1000 : 1) : Number.NaN;
    return Number.isFinite(value) ? value : `${short(cell)} is no time in ${time}`;
  }
  try {
    // Without an offset the text is a time of day on somebody's wall.
    if (/(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(cell.slice(10)))
      return Temporal.Instant.from(cell).epochMilliseconds;
    const local = Temporal.PlainDateTime.from(cell);
    if (zone === undefined) return `${short(cell)} has no time zone: say which clock it was`;
    return local.toZonedDateTime(zone).epochMilliseconds;
  } catch {
    return `${short(cell)} is no time`;
  }
}

function short(cell: string): string {
  return cell === "" ? "nothing" : cell.slice(0, 40);
}
