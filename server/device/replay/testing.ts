import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { Driver, DriverSink } from "../driver.contract.ts";
import { RecordingSink } from "../driver-contract.ts";
import { createReplayDriver } from "./driver.ts";
import type { ReplayConfigInput } from "./replay.contract.ts";

/** A folder of recordings of its own, with one file in it. */
export function recordings(text?: string, file = "a.csv"): string {
  const folder = mkdtempSync(join(tmpdir(), "millwright-replay-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, file, ".."), { recursive: true });
  if (text !== undefined) writeFileSync(join(folder, file), text);
  return folder;
}

interface Playing {
  readonly driver: Driver;
  readonly sink: RecordingSink;
}

/** A driver that plays `a.csv` of the folder into a sink. */
export async function play(
  folder: string,
  config: Partial<ReplayConfigInput> = {},
  { clock = systemClock, sink = new RecordingSink() }: { clock?: Clock; sink?: RecordingSink } = {},
): Promise<Playing> {
  const driver = driverFor(folder, config, clock);
  await driver.start(sink, new AbortController().signal);
  return { driver, sink };
}

export function driverFor(
  folder: string,
  config: Partial<ReplayConfigInput> = {},
  clock: Clock = systemClock,
): Driver {
  const whole = { file: "a.csv", ...config };
  const driver = createReplayDriver({ source: "rec", config: whole, folder, clock, log: silentLogger });
  onTestFinished(() => driver.stop());
  return driver;
}

export const isOver = (sink: RecordingSink): boolean => sink.events.some((event) => event.kind === "death");

/** History as fast as it goes: what most tests play. */
export const history: Partial<ReplayConfigInput> = { speed: "max", times: "kept" };

export const t0 = Date.UTC(2026, 10, 22, 6);
export const iso = (ms: number): string => new Date(t0 + ms).toISOString();

/** `count` rows of metric m, 100 ms apart, with the row's number as value. */
export function numbered(count: number, from = 0): string {
  const rows = Array.from({ length: count }, (_, i) => `${iso((from + i) * 100)},m,${from + i}`);
  return `time,metric,value\n${rows.join("\n")}\n`;
}

/** A disk that is gone after so many writes, as at a kill: what it has, it has with its receipt. */
export class DyingSink implements DriverSink {
  readonly #sink: RecordingSink;
  readonly #end = new AbortController();
  #left: number;

  constructor(sink: RecordingSink, writes: number) {
    this.#sink = sink;
    this.#left = writes;
  }

  get dead(): boolean {
    return this.#left < 0;
  }

  /** Plays into it until it dies, and leaves nothing running. */
  async playUntilDeath(driver: Driver, meanwhile: () => void = () => {}): Promise<void> {
    await driver.start(this, this.#end.signal);
    await expect.poll(() => (meanwhile(), this.dead)).toBe(true);
    this.#end.abort();
    await driver.stop();
  }

  readings: DriverSink["readings"] = (batch, receipt) => {
    this.#left -= 1;
    return this.dead ? this.#silence() : this.#sink.readings(batch, receipt);
  };

  event: DriverSink["event"] = (event) => (this.dead ? this.#silence() : this.#sink.event(event));

  lastReceipt = () => this.#sink.lastReceipt();

  #silence(): Promise<never> {
    const { signal } = this.#end;
    return new Promise((_resolve, reject) => {
      if (signal.aborted) return reject(new Error("gone"));
      signal.addEventListener("abort", () => reject(new Error("gone")), { once: true });
    });
  }
}
