import type { RawReading } from "#server/device/driver.contract.ts";
import { quality } from "#server/device/tag.contract.ts";
import type { DeadRaw, DeadReason } from "./block.contract.ts";
import type { EdgeTag } from "./document.contract.ts";
import { convert } from "./units.rules.ts";

/** Which source times are believed, ms around the edge's clock. */
export interface TimeLimits {
  readonly maxAgeMs: number;
  readonly maxFutureMs: number;
}

/** What a source may say of yesterday and of tomorrow when nothing else is set. */
export const usualTimes: TimeLimits = { maxAgeMs: 90 * 86_400_000, maxFutureMs: 5 * 60_000 };
/** Who does not know what time it is judges no other clock; the server does, when it stores the reading. */
export const anyTime: TimeLimits = { maxAgeMs: Infinity, maxFutureMs: Infinity };

/** Longest text of one reading, bytes of UTF-8. */
export const maxTextBytes = 4096;

/** A reading as it may be stored, or why not. `num` is NaN for text and for "no value". */
export interface Verdict {
  readonly dead: DeadReason | null;
  readonly num: number;
  readonly txt: string | null;
  readonly quality: number;
}

/**
 * Judges one reading against its tag. Booleans become 0 and 1, a unit that the source says is converted when there
 * is an exact way, integers beyond 2^53 become text so that no digit is lost.
 * @param now the edge's (corrected) wall clock, ms
 */
export function judge(reading: RawReading, tag: EdgeTag, now: number, times = usualTimes): Verdict {
  const wrongTime = whyNotThisTime(reading.sourceTime, now, times);
  if (wrongTime !== null) return dead(wrongTime);
  const { value } = reading;
  // The source says that it has no value: that is no 0 and no false, and good it cannot be.
  if (value === null) return alive(Number.NaN, null, Math.max(reading.quality, quality.bad));
  if (tag.datatype === "text") return judgeText(tag.words?.[String(value)] ?? value, reading.quality);
  if (tag.datatype === "boolean") {
    if (typeof value === "boolean") return alive(value ? 1 : 0, null, reading.quality);
    return value === 0 || value === 1 ? alive(value, null, reading.quality) : dead("wrong_type");
  }
  if (typeof value === "bigint") return judgeBig(value, reading, tag);
  if (typeof value !== "number") return dead("wrong_type");
  return judgeNumber(value, reading, tag);
}

/** A time in seconds is a classic; so is a clock that was never set. */
export function whyNotThisTime(at: number, now: number, times: TimeLimits): DeadReason | null {
  if (at >= 1e9 && at < 1e10) return "time_in_seconds";
  if (!Number.isFinite(at) || at < now - times.maxAgeMs) return "time_too_old";
  return at > now + times.maxFutureMs ? "time_in_future" : null;
}

function judgeNumber(value: number, reading: RawReading, tag: EdgeTag): Verdict {
  if (!Number.isFinite(value)) return dead("not_a_number");
  let num = value;
  if (reading.unit !== undefined && tag.unit !== null) {
    const converted = convert(num, reading.unit, tag.unit);
    if (converted === null) return dead("wrong_unit");
    num = converted;
  }
  num = num * tag.scale + tag.shift;
  if (!Number.isFinite(num)) return dead("not_a_number");
  if ((tag.low !== null && num < tag.low) || (tag.high !== null && num > tag.high))
    return dead("out_of_range");
  return alive(num, null, reading.quality);
}

/**
 * A value in the tag's unit as its source says it: the way back of `judge`. Null = there is no exact way.
 * @param sourceUnit what the source said its unit is; undefined = the tag's
 */
export function asSourceSays(value: number, tag: EdgeTag, sourceUnit: string | undefined): number | null {
  const raw = (value - tag.shift) / tag.scale;
  return sourceUnit === undefined || tag.unit === null ? raw : convert(raw, tag.unit, sourceUnit);
}

function judgeBig(value: bigint, reading: RawReading, tag: EdgeTag): Verdict {
  const exact = Number(value);
  if (Number.isSafeInteger(exact)) return judgeNumber(exact, reading, tag);
  const range = judgeNumber(exact, reading, tag);
  if (range.dead !== null) return range;
  return alive(Number.NaN, value.toString(), reading.quality);
}

function judgeText(value: string | number | boolean | bigint, q: number): Verdict {
  if (typeof value !== "string") return dead("wrong_type");
  if (value.length > maxTextBytes || Buffer.byteLength(value) > maxTextBytes) return dead("too_long");
  if (value.includes("\u0000")) return dead("nul_in_text");
  return hasLoneSurrogate(value) ? dead("unreadable") : alive(Number.NaN, value, q);
}

function alive(num: number, txt: string | null, q: number): Verdict {
  return { dead: null, num, txt, quality: q };
}

function dead(reason: DeadReason): Verdict {
  return { dead: reason, num: Number.NaN, txt: null, quality: quality.bad };
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

export function hasLoneSurrogate(text: string): boolean {
  return loneSurrogate.test(text);
}

const maxRawChars = 10_000;

/** What came, as people may look at it later: bounded, and free of what PostgreSQL's JSON cannot hold. */
export function deadRaw(
  reading: RawReading,
  sourceId: number,
  tagId: number | null,
  edgeTime: number,
): DeadRaw {
  const { value } = reading;
  const wordless = typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value));
  return {
    sourceId,
    metric: storableText(reading.metric),
    tagId,
    value: wordless ? String(value) : typeof value === "string" ? storableText(value) : value,
    unit: reading.unit === undefined ? null : storableText(reading.unit),
    sourceTime: Number.isFinite(reading.sourceTime) ? reading.sourceTime : String(reading.sourceTime),
    edgeTime,
  };
}

/** NUL becomes its picture ␀, half a character becomes �, and what is too long is cut. */
export function storableText(text: string): string {
  const short = text.length > maxRawChars ? `${text.slice(0, maxRawChars)}…` : text;
  return short.replaceAll("\u0000", "\u2400").replace(new RegExp(loneSurrogate.source, "g"), "\uFFFD");
}
