import { parse } from "lossless-json";
import { Unreadable } from "./unreadable.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });
/** Digits from which on a number may be no safe integer; most messages have none and take the fast way. */
const longNumber = /\d{16}/;
/** A 64-bit integer has no more digits, its sign included. */
const maxInt64Chars = 20;

/** @throws Unreadable when it is no UTF-8. */
export function readText(payload: Uint8Array): string {
  try {
    return utf8.decode(payload);
  } catch {
    throw new Unreadable("it is no UTF-8 text");
  }
}

/**
 * JSON with 64-bit integers beyond 2^53 as bigint. The depth is looked at before it is parsed, so that nobody can
 * spend our stack.
 * @throws Unreadable when it is no JSON, or nested deeper than `maxDepth` objects and lists.
 */
export function readJson(payload: Uint8Array, maxDepth: number): unknown {
  const text = readText(payload);
  if (deeperThan(text, maxDepth)) throw new Unreadable(`it is nested deeper than ${maxDepth}`);
  try {
    // Node 20's own parser cannot keep long integers.
    if (longNumber.test(text)) return parse(text, undefined, readNumber);
    return JSON.parse(text) as unknown;
  } catch {
    throw new Unreadable("it is no JSON");
  }
}

/** A number as it stands in a text; null when it is none. 64-bit integers beyond 2^53 come as bigint. */
export function numberOf(text: string): number | bigint | null {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? readNumber(text) : null;
}

function readNumber(text: string): number | bigint {
  const number = Number(text);
  const exact = Number.isSafeInteger(number) || text.length > maxInt64Chars || !/^-?\d+$/.test(text);
  return exact ? number : BigInt(text);
}

function deeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === 0x5c) i++;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return false;
}
