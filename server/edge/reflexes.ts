import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { WriteResult } from "#server/device/driver.contract.ts";
import type { Reflex } from "./document.contract.ts";
import {
  actionOf,
  due,
  dueAt,
  idle,
  type ReflexState,
  type ReflexStep,
  step,
  type Value,
} from "./reflexes.rules.ts";

export interface ReflexParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Asks the machine for a controlled stop by writing an absolute value to a tag. */
  readonly write: (tagId: number, value: Value) => Promise<WriteResult>;
  /** Writes down what happened; it reaches the server whenever it can be reached. */
  readonly journal: (reflex: Reflex, at: number, data: Readonly<Record<string, unknown>>) => void;
}

interface Running {
  reflex: Reflex;
  state: ReflexState;
  /** What was last heard of its tag. */
  value: Value | null;
  sourceTime: number;
  timer: NodeJS.Timeout | null;
}

/** A stop that was not accepted is asked for again while the condition holds: it is absolute, so twice is once. */
const retryMs = [250, 500, 1000, 2000, 5000];

/**
 * The edge's reflex table at work: it decides on the arrival of a raw value, writes first and journals after, and
 * needs neither disk nor server. While a reflex is active it does not act again.
 */
export class Reflexes {
  readonly #parts: ReflexParts;
  #byTag = new Map<number, Running[]>();

  constructor(parts: ReflexParts) {
    this.#parts = parts;
  }

  /** Takes a new table. A reflex of the same id and version goes on where it stands. */
  load(reflexes: readonly Reflex[]): void {
    const known = new Map([...this.#byTag.values()].flat().map((r) => [r.reflex.id, r]));
    this.#byTag = new Map();
    for (const reflex of reflexes) {
      const before = known.get(reflex.id);
      const same = before !== undefined && before.reflex.version === reflex.version;
      if (same) known.delete(reflex.id);
      const running: Running = same
        ? Object.assign(before, { reflex })
        : { reflex, state: idle, value: null, sourceTime: 0, timer: null };
      this.#byTag.set(reflex.tagId, [...(this.#byTag.get(reflex.tagId) ?? []), running]);
    }
    for (const { timer } of known.values()) if (timer !== null) clearTimeout(timer);
  }

  /** A value as it came from the machine, before any filter. */
  onValue(tagId: number, value: Value | null, quality: number, sourceTime: number): void {
    for (const running of this.#byTag.get(tagId) ?? []) {
      running.value = value;
      running.sourceTime = sourceTime;
      const mono = this.#parts.clock.monotonic();
      this.#apply(running, step(running.reflex, running.state, value, quality, mono));
    }
  }

  /** Ids of the active reflexes that block remote changes of a machine. */
  blocking(machineId: number): string[] {
    return [...this.#byTag.values()]
      .flat()
      .filter(({ reflex, state }) => state.phase === "active" && reflex.machineId === machineId)
      .filter(({ reflex }) => actionOf(reflex) !== "report")
      .map(({ reflex }) => reflex.id);
  }

  stop(): void {
    for (const { timer } of [...this.#byTag.values()].flat()) if (timer !== null) clearTimeout(timer);
    this.#byTag = new Map();
  }

  #apply(running: Running, { state, change }: ReflexStep): void {
    running.state = state;
    if (running.timer !== null) clearTimeout(running.timer);
    running.timer = null;
    const at = dueAt(running.reflex, state);
    if (at !== null) {
      // No further value need come: a reading by exception is silent while it holds.
      const ms = Math.max(0, Math.ceil(at - this.#parts.clock.monotonic()));
      running.timer = setTimeout(() => this.#due(running), ms);
    }
    if (change === "raised") void this.#act(running);
    if (change === "cleared") this.#journal(running, { change });
  }

  #due(running: Running): void {
    this.#apply(running, due(running.reflex, running.state, this.#parts.clock.monotonic()));
  }

  async #act(running: Running): Promise<void> {
    const { reflex, value, sourceTime } = running;
    const action = actionOf(reflex);
    const raised = { change: "raised", action, value, sourceTime };
    if (action !== "request_stop" || reflex.stop === null) return this.#journal(running, raised, sourceTime);
    for (let attempt = 1; ; attempt++) {
      const result = await this.#write(reflex.stop.tagId, reflex.stop.value);
      const journalled = { ...raised, attempt, result: result.result };
      if (attempt === 1 || result.result === "accepted") {
        const reason = result.result === "accepted" ? null : result.reason;
        this.#journal(running, { ...journalled, reason }, sourceTime);
      }
      const wait = retryMs[attempt - 1];
      if (result.result === "accepted" || wait === undefined) return;
      await this.#parts.clock.sleep(wait);
      if (running.state.phase !== "active" || !this.#isRunning(running)) return;
    }
  }

  async #write(tagId: number, value: Value): Promise<WriteResult> {
    try {
      return await this.#parts.write(tagId, value);
    } catch (error) {
      this.#parts.log.error({ err: error, tagId }, "a reflex could not write");
      return { result: "unknown", reason: error instanceof Error ? error.message : "failed" };
    }
  }

  #isRunning(running: Running): boolean {
    return this.#byTag.get(running.reflex.tagId)?.includes(running) ?? false;
  }

  #journal({ reflex, value }: Running, data: Record<string, unknown>, at = this.#parts.clock.now()): void {
    const { id, version, tagId, riskAssessment } = reflex;
    const all = { reflex: id, version, tagId, value, riskAssessment, asked: reflex.action, ...data };
    this.#parts.log.warn({ machineId: reflex.machineId, ...all }, "reflex");
    this.#parts.journal(reflex, at, all);
  }
}
