import type { Clock } from "#server/core/clock.ts";
import type { RawReading } from "../driver.contract.ts";
import { quality } from "../tag.contract.ts";
import { type ContactState, freshContact, look, lookedAway, saidBy } from "./contact.rules.ts";
import { LinkLost, type ModbusLink } from "./link.ts";
import type { Group, Register } from "./modbus.contract.ts";
import { exceptionWords, readAnswer, readRequest } from "./pdu.ts";
import { halvesOf, type Span, spansOf } from "./span.rules.ts";
import { valueIn } from "./value.rules.ts";

/** Who hears what a group's reader finds. */
export interface Listener {
  /** Each answer, before what it says. */
  heard(): void;
  readings(batch: readonly RawReading[]): void;
  /** A metric cannot be read, once when it begins. */
  refused(reason: string, raw: Uint8Array): void;
  /** Resolves when there is room for more readings. */
  room(): Promise<void>;
  /** How often readings could not be stored; then they are said again. */
  failures(): number;
}

/** What was last said of a metric, and when (monotonic ms). */
interface Said {
  readonly value: RawReading["value"];
  readonly quality: RawReading["quality"];
  readonly at: number;
}

/** Exceptions that can lie at one address of a request, while the others are fine. */
const ofOneAddress: ReadonlySet<number> = new Set([2, 3]);

/** Reads one group of registers again and again over the connection it is given. */
export class GroupReader {
  readonly #group: Group;
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #said = new Map<string, Said>();
  readonly #contacts = new Map<string, ContactState>();
  #failures = 0;

  constructor(group: Group, clock: Clock, listener: Listener) {
    this.#group = group;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Resolves when the connection is over. A round that lasts longer than `pollMs` is followed by the next at once. */
  async run(link: ModbusLink): Promise<void> {
    const { pollMs, registers } = this.#group;
    let spans = spansOf(registers);
    let due = this.#clock.monotonic();
    try {
      while (!link.over.aborted) {
        spans = (await this.#readAll(link, spans)).spans;
        await this.#listener.room();
        const now = this.#clock.monotonic();
        // What was missed is not made up for: a slow device would only be asked faster.
        due = Math.max(due + pollMs, now);
        await this.#clock.sleep(due - now, link.over);
      }
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
    }
  }

  /** The connection is gone. Answers what was good until now, as stale. */
  lost(at: number): RawReading[] {
    const good = [...this.#said].filter(([, { quality: q }]) => q === quality.good);
    this.#said.clear();
    for (const [metric, state] of this.#contacts) this.#contacts.set(metric, lookedAway(state));
    return good.map(([metric, { value }]) => ({ metric, sourceTime: at, value, quality: quality.stale }));
  }

  async #readAll(link: ModbusLink, spans: readonly Span[]): Promise<{ spans: Span[]; any: boolean }> {
    const read: Span[] = [];
    let any = false;
    for (const span of spans) {
      const parts = await this.#read(link, span);
      read.push(...parts.spans);
      any ||= parts.any;
    }
    return { spans: read, any };
  }

  /** Answers in which parts to read it next time, and whether any of it could be read. */
  async #read(link: ModbusLink, span: Span): Promise<{ spans: Span[]; any: boolean }> {
    const asked = readRequest(span);
    const pdu = await link.request(asked);
    const answer = readAnswer(span, asked, pdu);
    if (answer.kind === "wrong") {
      link.end(answer.reason, pdu);
      throw new LinkLost(answer.reason, true);
    }
    this.#listener.heard();
    if (answer.kind === "data") {
      this.#take(span, answer.data);
      return { spans: [span], any: true };
    }
    const halves = ofOneAddress.has(answer.code) ? halvesOf(span) : null;
    if (halves === null) {
      this.#refused(span, answer.code, pdu);
      return { spans: [span], any: false };
    }
    const parts = await this.#readAll(link, halves.flat());
    // Where every part is refused, nothing was learned: asking in parts would only cost more.
    return parts.any ? parts : { spans: [span], any: false };
  }

  #take(span: Span, data: Uint8Array): void {
    const at = this.#clock.monotonic();
    const readings: RawReading[] = [];
    const sourceTime = this.#clock.now();
    for (const register of span.registers) {
      const value = this.#meaning(register, valueIn(data, span.start, register), at);
      if (value === undefined) continue;
      const q = value === null ? quality.bad : quality.good;
      if (!this.#isNews(register.metric, value, q, at)) continue;
      readings.push({ metric: register.metric, sourceTime, value, quality: q });
    }
    if (readings.length > 0) this.#listener.readings(readings);
  }

  /** undefined = a contact that says nothing yet. */
  #meaning(register: Register, value: RawReading["value"], at: number): RawReading["value"] | undefined {
    const { metric, contact } = register;
    if (contact === undefined) return value;
    const before = this.#contacts.get(metric) ?? freshContact;
    const state = look(before, value === true, at, contact.debounceMs);
    this.#contacts.set(metric, state);
    return saidBy(state, contact.kind) ?? undefined;
  }

  #refused(span: Span, code: number, pdu: Uint8Array): void {
    const at = this.#clock.monotonic();
    const sourceTime = this.#clock.now();
    const names = span.registers.map(({ metric }) => metric);
    const first = names.some((metric) => this.#said.get(metric)?.quality !== quality.bad);
    const readings: RawReading[] = [];
    for (const metric of names) {
      const contact = this.#contacts.get(metric);
      if (contact !== undefined) this.#contacts.set(metric, lookedAway(contact));
      if (!this.#isNews(metric, null, quality.bad, at)) continue;
      readings.push({ metric, sourceTime, value: null, quality: quality.bad });
    }
    const who = names.length === 1 ? names[0] : `${names[0]} and ${names.length - 1} more`;
    if (first) this.#listener.refused(`${who} (${span.table} ${span.start}): ${exceptionWords(code)}`, pdu);
    if (readings.length > 0) this.#listener.readings(readings);
  }

  #isNews(metric: string, value: RawReading["value"], q: RawReading["quality"], at: number): boolean {
    this.#sayAgainWhatWasNotStored();
    const { report, repeatMs } = this.#group;
    const last = this.#said.get(metric);
    const same = last !== undefined && Object.is(last.value, value) && last.quality === q;
    if (same && report === "changes" && at - last.at < repeatMs) return false;
    this.#said.set(metric, { value, quality: q, at });
    return true;
  }

  #sayAgainWhatWasNotStored(): void {
    const failures = this.#listener.failures();
    if (failures === this.#failures) return;
    this.#failures = failures;
    for (const [metric, said] of this.#said) this.#said.set(metric, { ...said, at: -Infinity });
  }
}
