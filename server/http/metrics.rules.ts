/** One line of Prometheus' text form. */
export interface Metric {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Figure = number | string | boolean | null;

const prefix = "millwright";

/** Parts whose figures are said per thing: what stands in the figure's name becomes a label. */
const labelled: Readonly<Record<string, { pattern: RegExp; label: string }>> = {
  edges: { pattern: /^edge (?<one>\d+) (?<figure>.+)$/, label: "edge" },
  consumers: { pattern: /^(?<one>.+) (?<figure>behind|lag ms|parked)$/, label: "consumer" },
  pools: { pattern: /^(?<one>\S+) (?<figure>\S+)$/, label: "pool" },
};

/**
 * A figure of the health document as a metric: `ingest.newestBatchAgeMs` becomes
 * `millwright_ingest_newest_batch_age_seconds`. Lengths of time are in seconds and sizes in bytes, as Prometheus wants
 * them; a text is the label of a metric that is 1; what is not known is NaN.
 */
export function metricOf(part: string, figure: string, value: Figure): Metric {
  // The runner names its reactions, and what each figure means goes without saying.
  if (part === "runner")
    return { name: `${prefix}_runner_facts_behind`, labels: { reaction: figure }, value: numberOf(value) };
  const found = labelled[part]?.pattern.exec(figure)?.groups;
  const labels: Record<string, string> =
    found?.["one"] === undefined ? {} : { [labelled[part]?.label ?? "one"]: found["one"] };
  const bare = found?.["figure"] ?? figure;
  const name = `${prefix}_${snake(part)}_${snake(bare)}`;
  if (typeof value === "string") return { name: `${name}_info`, labels: { ...labels, value }, value: 1 };
  if (/_ms$/.test(name))
    return { name: name.replace(/_ms$/, "_seconds"), labels, value: numberOf(value) / 1000 };
  return { name, labels, value: numberOf(value) };
}

function numberOf(value: Figure): number {
  if (value === null || typeof value === "string") return Number.NaN;
  return Number(value);
}

/** `newestBatchAgeMs`, `queue blocks` → `newest_batch_age_ms`, `queue_blocks`. */
function snake(text: string): string {
  return text
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "")
    .toLowerCase();
}
