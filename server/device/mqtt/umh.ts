import { isRecord } from "./json-path.ts";
import { Unreadable } from "./unreadable.ts";
import { timeOf } from "./value.ts";

export interface UmhMessage {
  /** Enterprise, site, …, joined with dots. */
  readonly location: string;
  /** `_historian`, `_raw`, `_pump_v1`, … */
  readonly contract: string;
  /** ms since epoch. */
  readonly time: number;
  readonly values: readonly { readonly key: string; readonly value: unknown }[];
}

/** Contracts whose messages are bundles of tags; the others say one value a topic, or records. */
const bundles: ReadonlySet<string> = new Set(["_historian", "_raw"]);

/**
 * A message of the United Manufacturing Hub, topic `umh/v1/<enterprise>/…/_<contract>/<group>/…`. Classic: every key
 * beside `timestamp_ms` is a tag, and groups in the topic and objects in the payload mean the same, so all are joined
 * with dots: `head/pos` + `x`, `head` + `pos.x` and `head.pos.x` are one metric. Core: exactly `timestamp_ms` and
 * `value`, and the tag is the topic's.
 * @throws Unreadable when it is neither; a record (work order, product) is no reading.
 */
export function readUmh(topic: string, document: unknown, now: number, maxValues: number): UmhMessage {
  const levels = topic.split("/");
  const at = levels.findIndex((level, i) => i >= 3 && level.startsWith("_"));
  const contract = levels[at];
  if (levels[0] !== "umh" || levels[1] !== "v1" || at < 0 || contract === undefined) {
    throw new Unreadable("the topic is none of umh/v1/<enterprise>/…/_<contract>/…");
  }
  if (!isRecord(document)) throw new Unreadable("it is no JSON object");
  const { timestamp_ms: stamp, ...rest } = document;
  if (stamp === undefined) throw new Unreadable("timestamp_ms is missing: a record is no reading");
  const time = timeOf(stamp, "ms", now);
  const groups = levels.slice(at + 1);
  const single = Object.keys(rest).length === 1 && Object.hasOwn(rest, "value") && !isRecord(rest["value"]);
  if (!single && !bundles.has(contract)) {
    throw new Unreadable(`a reading of ${contract} has timestamp_ms and value and nothing else`);
  }
  const values =
    single && groups.length > 0
      ? [{ key: groups.join("."), value: rest["value"] }]
      : flat(rest, groups, maxValues);
  if (values.length === 0) throw new Unreadable("there is no value beside timestamp_ms");
  return { location: levels.slice(2, at).join("."), contract, time, values };
}

/** Recursion is as deep as the JSON, which was limited before. */
function flat(
  object: Readonly<Record<string, unknown>>,
  above: readonly string[],
  maxValues: number,
): { key: string; value: unknown }[] {
  const found: { key: string; value: unknown }[] = [];
  for (const [name, value] of Object.entries(object)) {
    const way = [...above, name];
    if (isRecord(value)) found.push(...flat(value, way, maxValues));
    else found.push({ key: way.join("."), value });
    if (found.length > maxValues) throw new Unreadable(`it has more than ${maxValues} values`);
  }
  return found;
}
