import { type Quality, quality } from "../tag.contract.ts";
import type { JsonPath, Match } from "./json-path.ts";
import { numberOf, readJson, readText } from "./json.ts";
import type { JsonPaths, Prepared } from "./mapping.ts";
import type { Limits } from "./mqtt.contract.ts";
import { fill, type Tokens, topicTokens } from "./template.ts";
import { readUmh } from "./umh.ts";
import { Unreadable } from "./unreadable.ts";
import { qualityOf, timeOf, type Value, valueOf } from "./value.ts";

/** One value of a message. */
export interface Said {
  readonly metric: string;
  readonly value: Value;
  /** ms since epoch on the source's clock; null = the message has no time of its own. */
  readonly time: number | null;
  readonly quality: Quality;
  readonly unit?: string;
  /** What the metric's name was made of: a write goes to a topic made of the same. */
  readonly tokens: Tokens;
}

export interface Outcome {
  readonly said: readonly Said[];
  /** Why a part of it could not be read; the rest is in `said`. */
  readonly problem: string | null;
}

/** Longest name of a metric, characters. */
const maxMetric = 512;

/**
 * Everything one message says. Never throws for data.
 * @param now the edge's time, ms: a source's time is measured against it.
 */
export function readMessage(
  prepared: Prepared,
  topic: string,
  payload: Uint8Array,
  now: number,
  limits: Limits,
): Outcome {
  try {
    if (payload.length > limits.payloadBytes) {
      throw new Unreadable(`it has ${payload.length} bytes; ${limits.payloadBytes} are allowed`);
    }
    return read(prepared, topic, payload, now, limits);
  } catch (error) {
    if (error instanceof Unreadable) return { said: [], problem: error.message };
    throw error;
  }
}

function read(
  { mapping, name, paths }: Prepared,
  topic: string,
  payload: Uint8Array,
  now: number,
  limits: Limits,
): Outcome {
  const tokens = topicTokens(topic);
  const plain = { time: null, quality: quality.good };
  switch (mapping.payload) {
    case "json": {
      if (paths === null) throw new Error("a json mapping without its paths");
      return readPaths(readJson(payload, limits.depth), paths, mapping, name, tokens, now, limits.values);
    }
    case "umh": {
      const { values, time, ...place } = readUmh(topic, readJson(payload, limits.depth), now, limits.values);
      return gather(values, ({ key, value }) => {
        const all = { ...tokens, ...place, key };
        return { ...named(name, all), value: valueOf(value, key), time, quality: quality.good };
      });
    }
    case "text":
      return { said: [{ ...named(name, tokens), ...plain, value: readText(payload) }], problem: null };
    case "number": {
      const text = readText(payload).trim();
      // An emptied topic says that there is no value any more.
      const value = text === "" ? null : numberOf(text);
      if (value === null && text !== "") throw new Unreadable("it is no number");
      return { said: [{ ...named(name, tokens), ...plain, value: valueOf(value, "it") }], problem: null };
    }
    default:
      return mapping satisfies never;
  }
}

function readPaths(
  document: unknown,
  paths: JsonPaths,
  mapping: Extract<Prepared["mapping"], { payload: "json" }>,
  name: string,
  tokens: Tokens,
  now: number,
  limit: number,
): Outcome {
  const beside = {
    key: new Beside(paths.key, document, limit),
    time: new Beside(paths.time, document, limit),
    quality: new Beside(paths.quality, document, limit),
    unit: new Beside(paths.unit, document, limit),
  };
  // `$.*` finds the time as well, which is no metric.
  const taken = new Set(Object.values(beside).flatMap(({ places }) => places));
  const found = paths.values
    .flatMap((path) => path.find(document, limit))
    .filter((match) => !taken.has(placeOf(match.way)));
  if (found.length > limit) throw new Unreadable(`it has more than ${limit} values`);
  if (found.length === 0) {
    throw new Unreadable(`there is no value at ${paths.values.map(({ text }) => text).join(", ")}`);
  }
  return gather(found, (match) => {
    const path = match.way.join(".");
    const key = paths.key === undefined ? nameOf(match) : keyAt(paths.key, beside.key.of(match));
    const all = { ...tokens, path, ...(key !== null && { key }) };
    const time = beside.time.of(match) ?? null;
    const unit = beside.unit.of(match);
    return {
      ...named(name, all),
      value: valueOf(match.value, path === "" ? "it" : path),
      time: time === null ? null : timeOf(time, mapping.time?.unit ?? "ms", now),
      quality: qualityOf(beside.quality.of(match), mapping.quality?.codes ?? "opc-da"),
      ...(typeof unit === "string" && { unit }),
    };
  });
}

/** What stands beside values: one for all of them, or one for each in the same place of their list. */
class Beside {
  readonly places: readonly string[];
  readonly #stars: number;
  readonly #byStars: ReadonlyMap<string, unknown>;

  constructor(path: JsonPath | undefined, document: unknown, limit: number) {
    const matches = path?.find(document, limit) ?? [];
    this.#stars = path?.stars ?? 0;
    this.places = matches.map(({ way }) => placeOf(way));
    this.#byStars = new Map(matches.map(({ stars, value }) => [placeOf(stars), value]));
  }

  of({ stars }: Match): unknown {
    return this.#byStars.get(placeOf(stars.slice(0, this.#stars)));
  }
}

/** The last name on the way to a value; of a list without names its index; null for the whole document. */
function nameOf({ way }: Match): string | null {
  const name = way.findLast((step) => typeof step === "string") ?? way.at(-1);
  return name === undefined ? null : String(name);
}

/** @throws Unreadable when there is no name: a value must not get the name of another. */
function keyAt({ text }: JsonPath, found: unknown): string {
  if (typeof found === "string" && found !== "") return found;
  if (typeof found === "number") return String(found);
  throw new Unreadable(`a value has no name at ${text}`);
}

function placeOf(way: readonly (string | number)[]): string {
  return JSON.stringify(way);
}

function named(template: string, tokens: Tokens): Pick<Said, "metric" | "tokens"> {
  const metric = fill(template, tokens);
  if (metric === "" || metric.length > maxMetric) {
    throw new Unreadable(`the name of a metric has 1 to ${maxMetric} characters`);
  }
  return { metric, tokens };
}

/** One value that cannot be read does not cost the others. */
function gather<T>(items: readonly T[], read: (item: T) => Said): Outcome {
  const said: Said[] = [];
  let problem: string | null = null;
  for (const item of items) {
    try {
      said.push(read(item));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      problem ??= error.message;
    }
  }
  return { said, problem };
}
