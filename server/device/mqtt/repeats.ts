import { createHash } from "node:crypto";
import type { RawReading } from "../driver.contract.ts";

/** Texts longer than this are remembered by their digest, characters. */
const maxText = 64;

/**
 * The last readings with a time of their own, to know one that was delivered again (QoS 1 means at least once; a
 * retained message comes again with each subscription). The oldest is forgotten first.
 */
export class Repeats {
  readonly #capacity: number;
  readonly #seen = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** True when metric, time, value and quality were all seen before; remembers them if not. */
  again({ metric, sourceTime, value, quality }: RawReading): boolean {
    const key = `${sourceTime} ${quality} ${typeof value} ${short(String(value))} ${metric}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    if (this.#seen.size > this.#capacity) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return false;
  }
}

function short(text: string): string {
  return text.length <= maxText ? JSON.stringify(text) : createHash("sha256").update(text).digest("base64");
}
