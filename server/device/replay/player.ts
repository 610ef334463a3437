import type { Clock } from "#server/core/clock.ts";
import type { DriverSink, RawReading } from "../driver.contract.ts";
import { type Due, nextLoop, nextRow, type Pace } from "./pace.rules.ts";
import type { FileRow } from "./recording.ts";
import type { ReplayConfig } from "./replay.contract.ts";
import type { RecordedRow } from "./row.rules.ts";

/** Readings of one write to the disk. */
const maxBatch = 5000;
/** How long a disk that is full is left alone, ms. */
const retryMs = 2000;

/** Who hears what becomes of the rows. */
interface Ear {
  row(line: number, why: string, cells: readonly string[]): Promise<void>;
  stored(batch: readonly RawReading[]): void;
  failed(error: unknown): void;
}

/** Gives rows out when they are due, many at a time, each batch with the number of rows that are then stored. */
export class Player {
  readonly #sink: DriverSink;
  readonly #config: ReplayConfig;
  readonly #clock: Clock;
  readonly #ear: Ear;
  readonly #asFastAsPossible: boolean;
  #session: string | null = null;
  /** Rows that the disk has already, over all loops. */
  #stored = 0;
  /** Rows seen so far, over all loops. */
  #seen = 0;
  #pace: Pace | null = null;
  #newLoop = false;
  #batch: RawReading[] = [];

  constructor(sink: DriverSink, config: ReplayConfig, { clock }: { clock: Clock }, ear: Ear) {
    this.#sink = sink;
    this.#config = config;
    this.#clock = clock;
    this.#ear = ear;
    this.#asFastAsPossible = config.speed === 0 || config.speed === "max";
  }

  /** Looks up how far this recording was played before. */
  async begin(session: string): Promise<void> {
    if (this.#session === session) return;
    this.#session = session;
    const receipt = (await this.#sink.lastReceipt?.()) ?? null;
    this.#stored = receipt?.session === session ? receipt.id : 0;
    this.#seen = 0;
  }

  /** Counts a row; true = it was played before. */
  hasStored(): boolean {
    this.#seen += 1;
    return this.#seen <= this.#stored;
  }

  async take(row: FileRow, recorded: RecordedRow | string, signal: AbortSignal): Promise<void> {
    if (typeof recorded === "string") return this.#ear.row(row.line, recorded, row.cells);
    const at = this.#asFastAsPossible ? recorded.at : await this.#wait(recorded.at, signal);
    // What is not stored now is the first to be played next time.
    if (signal.aborted) return;
    const kept = this.#config.times === "kept";
    for (const reading of recorded.readings) {
      this.#batch.push(
        kept ? { ...reading, sourceTime: recorded.at, historical: true } : { ...reading, sourceTime: at },
      );
    }
    if (this.#batch.length >= maxBatch) await this.flush(signal);
  }

  /** Everything taken so far is stored; a disk that is full is waited for, for a recording can wait. */
  async flush(signal: AbortSignal): Promise<void> {
    const batch = this.#batch;
    if (this.#session === null || this.#seen <= this.#stored) return;
    this.#batch = [];
    const receipt = { session: this.#session, id: this.#seen };
    while (!signal.aborted) {
      try {
        await this.#sink.readings(batch, receipt);
        this.#stored = receipt.id;
        this.#ear.stored(batch);
        return;
      } catch (error) {
        this.#ear.failed(error);
        await this.#clock.sleep(retryMs, signal);
      }
    }
  }

  loopEnds(): void {
    this.#newLoop = true;
  }

  /** Resolves when the row is due with the time it has then. What was taken before it is stored before the wait. */
  async #wait(recorded: number, signal: AbortSignal): Promise<number> {
    const { due, at, pace } = this.#due(recorded);
    this.#pace = pace;
    const wait = due - this.#clock.monotonic();
    if (wait > 0) {
      // The row that is waited for is counted already, and it is not stored.
      this.#seen -= 1;
      await this.flush(signal);
      this.#seen += 1;
      await this.#clock.sleep(Math.max(0, due - this.#clock.monotonic()), signal);
    }
    return at;
  }

  #due(recorded: number): Due {
    const { speed, maxPauseMs } = this.#config;
    const times = typeof speed === "number" ? speed : 1;
    const pace = this.#pace;
    const isNewLoop = this.#newLoop && pace !== null;
    this.#newLoop = false;
    if (isNewLoop) return nextLoop(pace, recorded, times);
    const instant = { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
    return nextRow(pace, recorded, { speed: times, maxPauseMs }, instant);
  }
}
