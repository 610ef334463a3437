import type { Certificates } from "./certificate.contract.ts";
import type { Quality } from "./tag.contract.ts";

/**
 * A value as a driver took it from a machine. `value` null = the source says it has none (not 0, not false).
 * 64-bit integers beyond 2^53 come as bigint.
 */
export interface RawReading {
  /** The metric's name as the source says it, e.g. `press-1/Melt/Temperature`. */
  readonly metric: string;
  /** When the source took it, ms since epoch, on the source's clock. */
  readonly sourceTime: number;
  readonly value: number | string | boolean | bigint | null;
  readonly quality: Quality;
  /** The source's own unit, if it says one; a wrong one is a dead letter. */
  readonly unit?: string;
  /** Flushed from the source's own store: stored, but never live and never an alarm. */
  readonly historical?: boolean;
}

export type DriverEvent =
  | {
      readonly kind: "birth";
      readonly device: string;
      readonly at: number;
      readonly metrics: readonly string[];
    }
  | { readonly kind: "death"; readonly device: string; readonly at: number; readonly reason: string }
  | {
      readonly kind: "gap";
      /** "" = every device of the source. */
      readonly device: string;
      /** When it was noticed, on the edge's clock. */
      readonly at: number;
      readonly reason: string;
      /**
       * Source times between which readings may be missing. `from` left out = since the last stored reading of
       * the source (after a start the driver cannot know it); `to` left out = until `at`.
       */
      readonly from?: number;
      readonly to?: number;
    }
  | { readonly kind: "unreadable"; readonly at: number; readonly reason: string; readonly raw: Uint8Array };

/** Which batch of which device's store this was; numbers grow within a session. */
export interface Receipt {
  readonly session: string;
  readonly id: number;
}

/**
 * Where a driver puts what it heard. `readings` resolves when they are stored on the edge's disk. Calls are taken in
 * the order they are made: a driver does not wait for one before it makes the next.
 */
export interface DriverSink {
  /**
   * A receipt is stored with its readings in one write, so that a device that sends a batch again (its answer was
   * lost, the edge was killed) is not stored twice. Only devices with a store of their own have one.
   */
  readings(batch: readonly RawReading[], receipt?: Receipt): Promise<void>;
  event(event: DriverEvent): Promise<void>;
  /** The last receipt stored for the source, null when there is none. Without it a driver remembers in memory only. */
  lastReceipt?(): Promise<Receipt | null>;
}

/** What became of one write. `accepted` = the transport took it; whether the machine obeyed shows its echo. */
export type WriteResult =
  | { readonly result: "accepted" }
  | { readonly result: "refused"; readonly reason: string }
  | { readonly result: "unknown"; readonly reason: string };

export interface DriverHealth {
  readonly connected: boolean;
  readonly lastMessageAt: number | null;
  readonly messages: number;
  readonly errors: number;
  /** Why there is no connection, in a sentence for whoever set the source up; null or left out = nothing is known. */
  readonly problem?: string | null;
  /** Where server and edge know each other by certificates. */
  readonly certificates?: Certificates | null;
}

/** How one source speaks. One folder per kind under server/device; each passes the contract test. */
export interface Driver {
  readonly name: string;
  start(sink: DriverSink, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** Writes an absolute value. Never repeated by the driver itself. */
  write(metric: string, value: number | string | boolean): Promise<WriteResult>;
  health(): DriverHealth;
}
