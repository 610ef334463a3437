import { Socket } from "node:net";

/** A socket that tells when it ends, and whose late errors (after the driver let go of it) do not end the process. */
export class QuietSocket extends Socket {
  readonly #onLost: () => void;

  constructor(onLost: () => void) {
    super();
    this.#onLost = onLost;
    this.on("error", () => {});
  }

  override removeAllListeners(event?: string | symbol): this {
    super.removeAllListeners(event);
    return this.on("error", () => {});
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const heard = super.emit(event as string, ...args);
    // After the driver's own listeners, so that a query is rejected with what really happened.
    if (event === "error" || event === "close" || event === "end") this.#onLost();
    return heard;
  }
}
