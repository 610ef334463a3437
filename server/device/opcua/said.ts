import type { DataValue } from "node-opcua-client";
import type { Clock } from "#server/core/clock.ts";
import type { RawReading } from "../driver.contract.ts";
import { type Quality, quality } from "../tag.contract.ts";
import { meaningOf, overflowed, qualityOf, typeName } from "./value.rules.ts";

/** What was last said of a metric, with the server's time for it. */
interface Last {
  readonly variable: Variable;
  readonly value: RawReading["value"];
  readonly quality: Quality;
  /** Time of the reading as it was stored, ms. */
  readonly at: number;
  /** When the server last changed value or status; null = it did not say. */
  readonly changedAt: number | null;
}

/** What is known of the variable behind a metric. */
export interface Variable {
  readonly metric: string;
  readonly unit: string | null;
  /** How often the server looks at it, ms. */
  readonly sampleMs: number;
  /** Each reading is an event of its own, which must not be said twice. */
  readonly every: boolean;
}

export interface Heard {
  readonly readings: readonly RawReading[];
  /** A value that cannot become a reading, in words; once until it can again. */
  readonly unreadable: string | null;
  /** The server's queue was full: values are lost between the one before this message and this one. */
  readonly overflow: boolean;
  /** Time of the value on the server's clock, ms. */
  readonly at: number;
}

/**
 * Makes readings of what a server says. Its source timestamp says when it last changed value or status; where that
 * is nothing new (a value confirmed after an outage), the server timestamp says when it last knew it to be true.
 */
export class SaidBook {
  readonly #clock: Clock;
  readonly #last = new Map<string, Last>();
  readonly #unreadable = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param first the first word of a metric on a new subscription, or an answer to a question: not news by itself. */
  take(variable: Variable, said: DataValue, first: boolean): Heard {
    const { metric, unit } = variable;
    const now = this.#clock.now();
    const status = said.statusCode.value;
    const changedAt = said.sourceTimestamp?.getTime() ?? null;
    const trueAt = said.serverTimestamp?.getTime() ?? now;
    const { dataType, arrayType, value: raw } = said.value;
    const meaning = meaningOf({ dataType, arrayType, value: raw });
    const last = this.#last.get(metric);
    const bad = qualityOf(status) === quality.bad || meaning.kind === "broken" || meaning.kind === "refused";
    // A bad value is not used at all, whatever stands beside its status.
    const value = bad || meaning.kind !== "value" ? null : meaning.value;
    const q = bad ? quality.bad : qualityOf(status);
    const at = changedAt ?? trueAt;
    const overflow = overflowed(status);
    const unreadable = this.#whyUnreadable(metric, meaning.kind === "refused" ? meaning.what : null);
    const readings: RawReading[] = [];
    const say = (sourceTime: number, historical: boolean): void => {
      readings.push({
        metric,
        sourceTime,
        value,
        quality: q,
        ...(unit !== null && typeof value === "number" && { unit }),
        ...(historical && { historical }),
      });
    };
    const same = last !== undefined && Object.is(last.value, value) && last.quality === q;
    const known = last !== undefined && last.changedAt !== null && last.changedAt === changedAt;
    if (same && known) return { readings, unreadable, overflow, at };
    if (first && (isOld(at, now) || (last !== undefined && at <= last.at))) {
      // It became so while nobody listened, and it is so now: both are true, and only the second is live.
      if (last !== undefined && !known) say(at, true);
      const confirmed = Math.max(trueAt, (last?.at ?? 0) + 1);
      say(confirmed, false);
      this.#last.set(metric, { variable, value, quality: q, at: confirmed, changedAt });
    } else {
      say(at, false);
      this.#last.set(metric, { variable, value, quality: q, at, changedAt });
    }
    return { readings, unreadable, overflow, at };
  }

  /** Time of the last reading of a metric, ms. */
  lastAt(metric: string): number | undefined {
    return this.#last.get(metric)?.at;
  }

  /**
   * What a server does not speak of is as it was: values that were last said `repeatMs` ago are said again, as true at
   * the server's last message.
   * @param publishedAt when the server sent that message, ms on its clock
   */
  repeat(publishedAt: number, repeatMs: number): RawReading[] {
    const again: RawReading[] = [];
    for (const [metric, last] of this.#last) {
      const { unit, sampleMs, every } = last.variable;
      // What changed since it was looked at last is not known yet.
      const sourceTime = publishedAt - sampleMs;
      if (every || sourceTime - last.at < repeatMs) continue;
      if (last.quality !== quality.good && last.quality !== quality.uncertain) continue;
      const { value, quality: q } = last;
      const inUnit = unit !== null && typeof value === "number" ? { unit } : {};
      again.push({ metric, sourceTime, value, quality: q, ...inUnit });
      this.#last.set(metric, { ...last, at: sourceTime });
    }
    return again;
  }

  /** The link is gone: what was good or uncertain until now, as stale. */
  lost(): RawReading[] {
    const at = this.#clock.now();
    const stale: RawReading[] = [];
    for (const [metric, last] of this.#last) {
      if (last.quality !== quality.good && last.quality !== quality.uncertain) continue;
      // Not before what it ends, also where the server's clock is ahead.
      const sourceTime = Math.max(at, last.at);
      stale.push({ metric, sourceTime, value: last.value, quality: quality.stale });
      this.#last.set(metric, { ...last, quality: quality.stale, at: sourceTime });
    }
    return stale;
  }

  /** The metric is not to be had from this server; null when that was said already. */
  refused(variable: Variable): RawReading | null {
    const { metric } = variable;
    const last = this.#last.get(metric);
    if (last?.quality === quality.bad) return null;
    const at = Math.max(this.#clock.now(), last?.at ?? 0);
    this.#last.set(metric, { variable, value: null, quality: quality.bad, at, changedAt: null });
    return { metric, sourceTime: at, value: null, quality: quality.bad };
  }

  #whyUnreadable(metric: string, what: string | null): string | null {
    if (what === null) {
      this.#unreadable.delete(metric);
      return null;
    }
    if (this.#unreadable.has(metric)) return null;
    this.#unreadable.add(metric);
    return `${metric} is ${what}, which is not read: name a variable with one value`;
  }
}

/** Older than this, a first word tells how long it has been so, and not what happens now, ms. */
const oldMs = 60_000;
const isOld = (at: number, now: number): boolean => now - at > oldMs;

/** A value with its type, for a dead letter; at most 8 KiB. */
export function shown({ value: { dataType, value } }: DataValue): Uint8Array {
  const text = JSON.stringify({ type: typeName(dataType), value }, (_key, part: unknown) =>
    typeof part === "bigint" ? String(part) : part,
  );
  return Buffer.from(text.slice(0, 8192));
}
