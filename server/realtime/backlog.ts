/** What of engine.io's connection tells how far a screen lags behind. */
export interface Connection {
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly socket?: { readonly bufferedAmount?: number } };
}

export interface BacklogLimits {
  /** More packets than this waiting … */
  readonly packets: number;
  /** … or more bytes … */
  readonly bytes: number;
  /** … for longer than this, ms, and the screen is cut. */
  readonly forMs: number;
  /** A screen that takes nothing at all for so long is cut however little waits for it, ms. */
  readonly stalledMs: number;
}

const usual: BacklogLimits = { packets: 256, bytes: 1_048_576, forMs: 5000, stalledMs: 15_000 };

/** How far one screen lags, and for how long already. */
export class Backlog {
  readonly #connection: Connection;
  readonly #limits: BacklogLimits;
  #overSince: number | null = null;
  #waitingSince: number | null = null;

  constructor(connection: Connection, limits: Partial<BacklogLimits> = {}) {
    this.#connection = connection;
    this.#limits = { ...usual, ...limits };
  }

  packets(): number {
    return this.#connection.writeBuffer.length;
  }

  bytes(): number {
    return this.#connection.transport.socket?.bufferedAmount ?? 0;
  }

  /** @returns why the screen is to be cut now, or null. @param now monotonic ms */
  check(now: number): "slow" | "stalled" | null {
    const { packets, bytes, forMs, stalledMs } = this.#limits;
    const waiting = this.packets() > 0;
    const over = this.packets() > packets || this.bytes() > bytes;
    this.#waitingSince = waiting ? (this.#waitingSince ?? now) : null;
    this.#overSince = over ? (this.#overSince ?? now) : null;
    if (this.#overSince !== null && now - this.#overSince >= forMs) return "slow";
    if (this.#waitingSince !== null && now - this.#waitingSince >= stalledMs) return "stalled";
    return null;
  }
}
