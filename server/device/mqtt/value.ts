import { type Quality, quality } from "../tag.contract.ts";
import type { RawReading } from "../driver.contract.ts";
import { numberOf } from "./json.ts";
import { Unreadable } from "./unreadable.ts";

export type Value = RawReading["value"];
export type TimeUnit = "s" | "ms" | "us" | "ns" | "iso";

const perMs: Readonly<Record<Exclude<TimeUnit, "iso">, number>> = {
  s: 0.001,
  ms: 1,
  us: 1000,
  ns: 1_000_000,
};
/** A time further from now than this is in another unit than was said: ten years, ms. */
const plausible = 10 * 365.25 * 86_400_000;
/** ISO 8601 with its offset: a local time without one is ambiguous one hour a year. */
const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** @throws Unreadable when it is an object, a list, or no finite number. */
export function valueOf(found: unknown, where: string): Value {
  switch (typeof found) {
    case "number":
      // 1e999 is JSON, but no number of any machine.
      if (!Number.isFinite(found)) throw new Unreadable(`${where} is no finite number`);
      return found;
    case "string":
    case "boolean":
    case "bigint":
      return found;
    default:
      if (found === null) return null;
      throw new Unreadable(`${where} is an object or a list, not a value`);
  }
}

/**
 * A time in ms since epoch, of a number (or a number in a text) in the unit, or of an ISO text.
 * @throws Unreadable when it is none, or so far from `now` that the unit must be wrong.
 */
export function timeOf(found: unknown, unit: TimeUnit, now: number): number {
  const time = unit === "iso" ? isoTime(found) : numberTime(found, unit);
  if (time === null)
    throw new Unreadable(
      `the time ${shown(found)} is no ${unit === "iso" ? "ISO 8601 time with its offset" : `time in ${unit}`}`,
    );
  if (Math.abs(time - now) > plausible) {
    throw new Unreadable(`the time ${shown(found)} is years away from now: is its unit really ${unit}?`);
  }
  return time;
}

function isoTime(found: unknown): number | null {
  if (typeof found !== "string" || !iso.test(found)) return null;
  const time = Date.parse(found.replace(" ", "T").replace(",", "."));
  return Number.isNaN(time) ? null : time;
}

function numberTime(found: unknown, unit: Exclude<TimeUnit, "iso">): number | null {
  const number = typeof found === "string" && found.length <= 40 ? numberOf(found.trim()) : found;
  // Nanoseconds of today are beyond 2^53.
  if (typeof number === "bigint")
    return Number(number / BigInt(Math.max(1, perMs[unit]))) * (unit === "s" ? 1000 : 1);
  return typeof number === "number" && Number.isFinite(number) ? Math.floor(number / perMs[unit]) : null;
}

const words: Readonly<Record<string, Quality>> = quality;

/**
 * Quality as the source says it: a word, a flag (true = good), or a code: OPC DA in two bits of its low byte (192
 * good, 64 uncertain), OPC UA in the two highest of 32 (0 good, 1 uncertain). What nobody knows is uncertain; what
 * is not said is good.
 */
export function qualityOf(found: unknown, codes: "opc-da" | "opc-ua"): Quality {
  if (found === undefined) return quality.good;
  if (typeof found === "boolean") return found ? quality.good : quality.bad;
  if (typeof found === "number" && Number.isInteger(found)) {
    const bits = codes === "opc-da" ? (found >> 6) & 3 : (found >>> 30) & 3;
    const good = codes === "opc-da" ? 3 : 0;
    if (bits === good) return quality.good;
    return bits === 1 ? quality.uncertain : quality.bad;
  }
  const word = typeof found === "string" ? found.trim().toLowerCase() : "";
  return Object.hasOwn(words, word) ? (words[word] ?? quality.uncertain) : quality.uncertain;
}

function shown(found: unknown): string {
  return typeof found === "bigint" ? String(found) : (JSON.stringify(found) ?? "").slice(0, 40);
}
