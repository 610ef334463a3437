import { JsonPath } from "./json-path.ts";
import type { Mapping } from "./mqtt.contract.ts";
import { whyNotFillable } from "./template.ts";
import { covers, overlap, whyNoFilter } from "./topics.rules.ts";

type JsonMapping = Extract<Mapping, { payload: "json" }>;
export type JsonPaths = Readonly<Record<"values", readonly JsonPath[]>> &
  Readonly<Partial<Record<"key" | "time" | "quality" | "unit", JsonPath>>>;

/** A mapping as it is used for each message: split and parsed once. */
export interface Prepared {
  readonly mapping: Mapping;
  readonly levels: readonly string[];
  readonly name: string;
  /** Of a `json` mapping. */
  readonly paths: JsonPaths | null;
}

/** Levels a topic of any broker we know may have. */
const maxLevels = 128;

/** The words of a mapping's name beside the topic's levels. */
const wordsOf: Readonly<Record<Mapping["payload"], readonly string[]>> = {
  json: ["topic", "key", "path"],
  umh: ["topic", "location", "contract", "key"],
  text: ["topic"],
  number: ["topic"],
};

/** The name of a metric where the mapping gives none. Its device is what stands before the first `/`. */
const usualName: Readonly<Record<Mapping["payload"], string>> = {
  json: "{topic}/{key}",
  umh: "{location}/{contract}/{key}",
  text: "{topic}",
  number: "{topic}",
};

/** @throws Error with one sentence that names the mapping when one is wrong or two do not go together. */
export function prepareMappings(mappings: readonly Mapping[]): Prepared[] {
  const prepared: Prepared[] = [];
  for (const mapping of mappings) {
    const levels = mapping.filter.split("/");
    const why =
      whyNoFilter(mapping.filter) ?? whyNotFilled(mapping, levels) ?? whyNotReached(prepared, levels);
    if (why !== null) throw new Error(`The mapping of ${mapping.filter} is wrong: ${why}.`);
    const paths = mapping.payload === "json" ? pathsOf(mapping) : null;
    prepared.push({ mapping, levels, name: mapping.name ?? usualName[mapping.payload], paths });
  }
  return prepared;
}

/** What is subscribed to: a filter inside a wider one would bring its messages twice. */
export function subscriptionsOf(mappings: readonly Prepared[]): string[] {
  return mappings
    .filter(({ levels }, i) => !mappings.some((other, j) => j !== i && covers(other.levels, levels)))
    .map(({ mapping }) => mapping.filter);
}

/** The broker's url. @throws Error with one sentence when it is none, or holds the login. */
export function brokerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["mqtt:", "mqtts:", "ws:", "wss:"].includes(url.protocol)) {
    throw new Error(`${text} is no broker: write it like mqtt://broker:1883 or mqtts://broker:8883.`);
  }
  if (url.username + url.password === "") return text;
  throw new Error("The login of a broker stands in username and passwordFile, not in its url.");
}

function whyNotFilled(mapping: Mapping, levels: readonly string[]): string | null {
  const maxLevel = levels.at(-1) === "#" ? maxLevels : levels.length;
  for (const template of [mapping.name, mapping.write?.topic]) {
    const why = template === undefined ? null : whyNotFillable(template, wordsOf[mapping.payload], maxLevel);
    if (why !== null) return why;
  }
  return null;
}

/** @throws Error when a path is none, or a time could not be paired with its value. */
function pathsOf({ filter, values, key, time, quality, unit }: JsonMapping): JsonPaths {
  const path = (text: string | undefined) => (text === undefined ? undefined : new JsonPath(text));
  const found = values.map((text) => new JsonPath(text));
  const beside = {
    key: path(key),
    time: path(time?.path),
    quality: path(quality?.path),
    unit: path(unit?.path),
  };
  // A time in a list belongs to the value in the same place of that list.
  const fewest = Math.min(...found.map(({ stars }) => stars));
  const wider = Object.values(beside).find((one) => one !== undefined && one.stars > fewest);
  if (wider !== undefined) {
    throw new Error(`The mapping of ${filter} is wrong: ${wider.text} has more * than its values.`);
  }
  return {
    values: found,
    ...Object.fromEntries(Object.entries(beside).filter(([, one]) => one !== undefined)),
  };
}

/** A message that came twice, once for each of two filters, would be stored twice. */
function whyNotReached(before: readonly Prepared[], own: readonly string[]): string | null {
  for (const { levels, mapping } of before) {
    if (covers(levels, own)) return `${mapping.filter} stands before it and takes everything`;
    if (overlap(levels, own) && !covers(own, levels)) {
      return `it has topics in common with ${mapping.filter}, and such a message may come twice`;
    }
  }
  return null;
}
