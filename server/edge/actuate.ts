import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { WriteResult } from "#server/device/driver.contract.ts";
import type { ActuationStore, Entry } from "./actuation-store.ts";
import { type GateInput, whyExpired, whyNotActuate } from "./gate.rules.ts";
import type { Value } from "./reflexes.rules.ts";
import type { TagBook } from "./tag-book.ts";
import { Actuation, ActuationAnswer } from "./uplink.contract.ts";
import type { LatestValues } from "./values.ts";

export interface ActuatorParts {
  /** The checked clock. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: ActuationStore;
  readonly book: TagBook;
  readonly values: LatestValues;
  readonly blocking: (machineId: number) => readonly string[];
  readonly connected: (sourceId: number) => boolean;
  readonly write: (tagId: number, value: Value) => Promise<WriteResult>;
  /** Tells the server by the queue too: the socket may be gone when the answer is known. */
  readonly tell: (actuation: Actuation, answer: ActuationAnswer) => void;
}

/** A machine that says something each second may be silent for so many of them. */
const silences = 5;
const leastSilenceMs = 5000;
/** A disk that took nothing is tried again after this time, ms. */
const storeAgainMs = 500;
const maxUnstored = 1000;
/** How long a read-back is waited for after a restart, ms. */
const readBackMs = 5000;

/**
 * The last hand before the machine (design §5). At most once: what came is synced to the disk before the machine is
 * written to, a repeat is answered from the disk, and what a crash left open is *unknown* with a read-back.
 */
export class Actuator {
  readonly #parts: ActuatorParts;
  readonly #running = new Map<string, Promise<ActuationAnswer>>();
  /** What was said although the disk did not take it; a repeat hears the same as long as this process lives. */
  readonly #unstored = new Map<string, ActuationAnswer>();
  #lookedUp: Promise<unknown> = Promise.resolve();
  readonly #busy = new Set<number>();

  constructor(parts: ActuatorParts) {
    this.#parts = parts;
  }

  /** Takes what came over the wire. @returns null for something that is no actuation at all. */
  handle(input: unknown): Promise<ActuationAnswer> | null {
    const receivedAt = this.#parts.clock.monotonic();
    const parsed = Actuation.safeParse(input);
    if (!parsed.success) {
      this.#parts.log.error({ issue: parsed.error.issues[0] }, "an actuation could not be read");
      const id = ActuationAnswer.shape.id.safeParse(Object(input).id);
      return id.success ? Promise.resolve(this.#said(id.data, "refused", "invalid", null)) : null;
    }
    const { id } = parsed.data;
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const answer = this.#once(parsed.data, receivedAt).finally(() => this.#running.delete(id));
    this.#running.set(id, answer);
    return answer;
  }

  /** After a restart: what was under way when the edge was killed becomes unknown, with a read-back where one comes. */
  async settle(): Promise<void> {
    for (const entry of await this.#parts.store.unanswered()) {
      await this.#parts.values.known(entry.actuation.tagId, readBackMs);
      // A repeat may have been quicker.
      const { id } = entry.actuation;
      if (this.#running.has(id) || (await this.#parts.store.get(id))?.answer !== null) continue;
      await this.#unknown(entry);
    }
  }

  async #once(actuation: Actuation, receivedAt: number): Promise<ActuationAnswer> {
    const { clock } = this.#parts;
    const unstored = this.#unstored.get(actuation.id);
    if (unstored !== undefined) return unstored;
    const known = await this.#lookUp(actuation.id);
    if (known !== null) return known.answer ?? this.#unknown(known);
    const refusal = whyNotActuate(this.#input(actuation, receivedAt));
    const entry: Entry = { actuation, receivedAt: clock.now(), answer: null };
    if (refusal !== null) return this.#finish(entry, "refused", refusal.code);
    this.#busy.add(actuation.machineId);
    try {
      return await this.#write(entry, receivedAt);
    } finally {
      this.#busy.delete(actuation.machineId);
    }
  }

  /** One after the other: the disk may answer a later question first, and whoever came later must not overtake. */
  #lookUp(id: string): Promise<Entry | null> {
    const found = this.#lookedUp.then(() => this.#parts.store.get(id));
    this.#lookedUp = found.catch(() => undefined);
    return found;
  }

  async #write(entry: Entry, receivedAt: number): Promise<ActuationAnswer> {
    const { store, clock, log, write } = this.#parts;
    const { actuation } = entry;
    try {
      await store.intend(entry, clock.now());
    } catch (error) {
      log.error({ err: error }, "an actuation could not be written down");
      return this.#finish(entry, "refused", "edge_not_storing");
    }
    // The disk may have been slow: asked again at the last moment.
    const input = this.#input(actuation, receivedAt);
    const late =
      whyExpired(input) ?? whyNotActuate({ ...input, counters: [], busy: false, sinceLastWrite: null });
    if (late !== null) return this.#finish(entry, "refused", late.code);
    log.warn({ actuation }, "writing to the machine");
    const result = await write(actuation.tagId, actuation.value).catch((error: unknown): WriteResult => ({
      result: "unknown",
      reason: String(error),
    }));
    return this.#finish(entry, result.result, result.result === "accepted" ? null : result.reason);
  }

  #input(actuation: Actuation, receivedAt: number): GateInput {
    const { clock, store, book, values, connected, blocking } = this.#parts;
    const tag = book.tag(actuation.tagId);
    const machine = book.machine(actuation.machineId);
    const expected = book.ofMachine(actuation.machineId).map((state) => state.tag.expectedMs);
    const shortest = Math.min(...expected.filter((ms) => ms > 0));
    const writtenAt = store.writtenAt(actuation.tagId);
    const now = clock.now();
    const of = (tagId: number | null | undefined) => (tagId == null ? null : values.get(tagId));
    return {
      actuation,
      tag,
      machine,
      now,
      receivedAt,
      mono: clock.monotonic(),
      counters: store.counters,
      connected: tag !== null && connected(tag.sourceId),
      machineHeardAt: values.machineHeardAt(actuation.machineId),
      maxSilenceMs: Math.max(leastSilenceMs, Number.isFinite(shortest) ? shortest * silences : 0),
      remote: of(machine?.remoteTagId),
      guard: of(machine?.guardTagId),
      current: of(actuation.tagId),
      blockedBy: blocking(actuation.machineId),
      busy: this.#busy.has(actuation.machineId),
      // A clock that went back must not shorten the pause.
      sinceLastWrite: writtenAt === null ? null : Math.max(0, now - writtenAt),
    };
  }

  #unknown(entry: Entry): Promise<ActuationAnswer> {
    return this.#finish(entry, "unknown", "edge_restarted");
  }

  async #finish(
    entry: Entry,
    result: ActuationAnswer["result"],
    reason: string | null,
  ): Promise<ActuationAnswer> {
    const { actuation } = entry;
    const answer = this.#said(actuation.id, result, reason, this.#readBack(actuation));
    await this.#keep({ ...entry, answer });
    this.#parts.log.warn({ answer }, "actuation answered");
    this.#parts.tell(actuation, answer);
    return answer;
  }

  /**
   * A refusal is said when it cannot be forgotten any more: it stands on the disk, or the actuation's time is over. A
   * repeat after a crash would else be written to the machine although the server was told that it was not. What may
   * have been written is said at once: after a crash a repeat finds the intent and is *unknown*.
   */
  async #keep(entry: Entry & { answer: ActuationAnswer }): Promise<void> {
    const { store, clock, log } = this.#parts;
    const { actuation, answer } = entry;
    for (;;) {
      try {
        return await store.answer(entry);
      } catch (error) {
        log.error({ err: error, answer }, "an answer could not be written down");
      }
      if (answer.result !== "refused" || clock.now() > actuation.notAfter) break;
      await clock.sleep(storeAgainMs);
    }
    this.#unstored.set(actuation.id, answer);
    for (const oldest of this.#unstored.keys()) {
      if (this.#unstored.size <= maxUnstored) break;
      this.#unstored.delete(oldest);
    }
  }

  #readBack(actuation: Actuation): Value | null {
    return this.#parts.values.get(actuation.tagId)?.value ?? null;
  }

  #said(
    id: string,
    result: ActuationAnswer["result"],
    reason: string | null,
    readBack: Value | null,
  ): ActuationAnswer {
    return { id, result, reason, readBack, at: this.#parts.clock.now() };
  }
}
