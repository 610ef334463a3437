import { createHash } from "node:crypto";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver, DriverHealth, DriverSink, RawReading, WriteResult } from "../driver.contract.ts";
import { quality } from "../tag.contract.ts";
import { Player } from "./player.ts";
import { type FileRow, openRecording, RecordingError, rowsOf } from "./recording.ts";
import { ReplayConfig } from "./replay.contract.ts";
import { metricsOf, type RowReader, rowReader } from "./row.rules.ts";

export interface ReplayDriverOptions {
  /** Code of the source. */
  readonly source: string;
  /** `config` of the source; parsed with `ReplayConfig`. */
  readonly config: unknown;
  /** The one folder that recordings are read from. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Metrics whose last value is marked stale when the recording is over. */
const maxMetrics = 10_000;
/** How long a recording that is not there is left alone, ms. */
const retryMs = 2000;

/**
 * Plays a CSV recording as if its machine spoke now: through the same queue, at any speed. It knows by its receipt how
 * many rows are stored, so that a killed edge goes on with the next one and says none twice. Rows that cannot be read
 * are told with their line; the rest goes on.
 * @throws ZodError when the config is wrong
 */
export function createReplayDriver(options: ReplayDriverOptions): Driver {
  return new ReplayDriver(options);
}

class ReplayDriver implements Driver {
  readonly name: string;
  readonly #options: ReplayDriverOptions;
  readonly #config: ReplayConfig;
  readonly #abort = new AbortController();
  readonly #last = new Map<string, RawReading>();
  #running: Promise<void> = Promise.resolve();
  #playing = false;
  #lastMessageAt: number | null = null;
  #messages = 0;
  #errors = 0;

  constructor(options: ReplayDriverOptions) {
    this.#options = options;
    this.#config = ReplayConfig.parse(options.config);
    this.name = `replay ${options.source}`;
  }

  start(sink: DriverSink, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    if (signal.aborted) this.#abort.abort();
    this.#running = this.#run(sink);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  health(): DriverHealth {
    return {
      connected: this.#playing,
      lastMessageAt: this.#lastMessageAt,
      messages: this.#messages,
      errors: this.#errors,
    };
  }

  write(): Promise<WriteResult> {
    return Promise.resolve({ result: "refused", reason: "a recording obeys nobody" });
  }

  /** Plays until the recording is over; one that is not there yet is waited for, and told once. */
  async #run(sink: DriverSink): Promise<void> {
    const { signal } = this.#abort;
    let told = "";
    while (!signal.aborted) {
      let reason: string;
      try {
        await this.#play(sink);
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (!(error instanceof RecordingError)) {
          this.#options.log.error({ source: this.name, err: error }, "the recording stopped");
        }
      }
      this.#errors += 1;
      if (reason !== told || this.#playing) await this.#end(sink, reason);
      told = reason;
      await this.#options.clock.sleep(retryMs, signal);
    }
  }

  async #play(sink: DriverSink): Promise<void> {
    const { file, loops } = this.#config;
    const { signal } = this.#abort;
    const player = new Player(sink, this.#config, this.#options, {
      row: (line, why, cells) => this.#unreadable(sink, line, why, cells),
      stored: (batch) => this.#stored(batch),
      failed: (error) => this.#failed(error),
    });
    for (let loop = 1; loops === 0 || loop <= loops; loop++) {
      const handle = await openRecording(this.#options.folder, file);
      try {
        await this.#pass(player, rowsOf(handle, this.#config.delimiter), sink);
      } finally {
        await handle.close();
      }
      if (signal.aborted) return this.#playing ? this.#end(sink, "the recording was stopped") : undefined;
    }
    if (this.#playing) await this.#end(sink, "the recording is over");
  }

  /** Once through the file. */
  async #pass(player: Player, rows: AsyncIterable<FileRow>, sink: DriverSink): Promise<void> {
    const { signal } = this.#abort;
    let read: RowReader | null = null;
    let head: readonly string[] = [];
    let count = 0;
    for await (const row of rows) {
      if (signal.aborted) return;
      if (read === null) {
        head = row.cells;
        const reader = row.wrong ?? rowReader(head, this.#config);
        if (typeof reader === "string") throw new RecordingError(reader);
        read = reader;
        continue;
      }
      if (count === 0) await player.begin(sessionOf(this.#config, head, row.cells));
      count += 1;
      if (player.hasStored()) continue;
      if (!this.#playing) await this.#begin(sink, metricsOf(head, this.#config));
      await player.take(row, row.wrong ?? read(row.cells), signal);
    }
    if (count === 0) throw new RecordingError("the recording has no rows");
    await player.flush(signal);
    player.loopEnds();
  }

  async #begin(sink: DriverSink, metrics: readonly string[]): Promise<void> {
    const at = this.#options.clock.now();
    this.#playing = true;
    if (this.#config.times === "now")
      await sink.event({ kind: "gap", device: "", at, reason: "the recording was not played", to: at });
    await sink.event({ kind: "birth", device: "", at, metrics });
    this.#options.log.info({ source: this.name }, "the recording is played");
  }

  /** What it said is true no longer, if it was said to be true now. */
  async #end(sink: DriverSink, reason: string): Promise<void> {
    const at = this.#options.clock.now();
    this.#playing = false;
    const stale = [...this.#last.values()].map(({ metric, value, sourceTime }) => {
      return { metric, value, sourceTime: Math.max(at, sourceTime), quality: quality.stale };
    });
    this.#last.clear();
    try {
      if (stale.length > 0) await sink.readings(stale);
      await sink.event({ kind: "death", device: "", at, reason });
    } catch (error) {
      this.#failed(error);
    }
  }

  #stored(batch: readonly RawReading[]): void {
    this.#lastMessageAt = this.#options.clock.now();
    this.#messages += 1;
    if (this.#config.times === "kept") return;
    for (const reading of batch) {
      if (this.#last.has(reading.metric) || this.#last.size < maxMetrics)
        this.#last.set(reading.metric, reading);
    }
  }

  #failed(error: unknown): void {
    this.#errors += 1;
    this.#options.log.warn({ source: this.name, err: error }, "readings could not be stored: tried again");
  }

  async #unreadable(sink: DriverSink, line: number, why: string, cells: readonly string[]): Promise<void> {
    this.#errors += 1;
    const raw = Buffer.from(cells.join(this.#config.delimiter).slice(0, 4096));
    const at = this.#options.clock.now();
    try {
      await sink.event({ kind: "unreadable", at, reason: `line ${line}: ${why}`, raw });
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** The same rows played in the same way count on where they were; appended rows change nothing. */
function sessionOf(
  { file, run, times, layout }: ReplayConfig,
  head: readonly string[],
  first: readonly string[],
): string {
  const text = JSON.stringify([file, run, times, layout, head, first]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
