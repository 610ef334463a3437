import { Socket } from "node:net";

/**
 * A socket that tells when the other side ends it, and whose late errors (after the driver has taken its listeners
 * away) do not end the process.
 */
export class QuietSocket extends Socket {
  readonly #onLost: () => void;
  #endedHere = false;

  constructor(onLost: () => void) {
    super();
    this.#onLost = onLost;
    this.on("error", () => {});
  }

  override end(...args: unknown[]): this {
    this.#endedHere = true;
    return Reflect.apply(super.end, this, args) as this;
  }

  override removeAllListeners(event?: string | symbol): this {
    super.removeAllListeners(event);
    return this.on("error", () => {});
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "close" && !this.#endedHere) this.#onLost();
    return super.emit(event as string, ...args);
  }
}
