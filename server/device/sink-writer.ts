import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { DriverEvent, DriverSink, RawReading } from "./driver.contract.ts";

/** Readings on their way to the disk before the broker is asked to wait. */
const maxPending = 20_000;

/**
 * The way from a driver into its sink: in order, many at a time, bounded. What the sink could not take (its disk is
 * full) is reported as a gap once it takes something again.
 */
export class SinkWriter {
  readonly #sink: DriverSink;
  readonly #clock: Clock;
  readonly #log: Logger;
  #pending = 0;
  #lost: { from: number; to: number } | null = null;
  #waiters: (() => void)[] = [];
  errors = 0;

  constructor(sink: DriverSink, clock: Clock, log: Logger) {
    this.#sink = sink;
    this.#clock = clock;
    this.#log = log;
  }

  readings(readings: readonly RawReading[]): void {
    this.#pending += readings.length;
    this.#sink
      .readings(readings)
      .then(() => this.#recovered())
      .catch((error: unknown) => this.#failed(error, readings))
      .finally(() => {
        this.#pending -= readings.length;
        if (this.#pending <= maxPending) this.#wake();
      });
  }

  event(event: DriverEvent): void {
    this.#pending += 1;
    this.#sink
      .event(event)
      .catch((error: unknown) => {
        this.errors += 1;
        this.#log.error({ err: error, event: event.kind }, "an event could not be stored");
      })
      .finally(() => {
        this.#pending -= 1;
        if (this.#pending <= maxPending) this.#wake();
      });
  }

  /** Resolves at once while there is room; else when there is again. */
  async room(): Promise<void> {
    if (this.#pending <= maxPending) return;
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves when everything handed over is stored or has failed. */
  async drained(): Promise<void> {
    while (this.#pending > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #failed(error: unknown, readings: readonly RawReading[]): void {
    this.errors += 1;
    if (this.#lost === null) this.#log.error({ err: error }, "readings could not be stored");
    for (const { sourceTime } of readings) {
      const { from, to } = this.#lost ?? { from: sourceTime, to: sourceTime };
      this.#lost = { from: Math.min(from, sourceTime), to: Math.max(to, sourceTime) };
    }
  }

  #recovered(): void {
    if (this.#lost === null) return;
    const { from, to } = this.#lost;
    this.#lost = null;
    const reason = "the edge could not store them";
    this.event({ kind: "gap", device: "", at: this.#clock.now(), reason, from, to });
  }
}
