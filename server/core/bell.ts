import type { Clock } from "./clock.ts";

/** Wakes one loop early: who waits goes on when it is rung, also when that was before it began to wait. */
export class Bell {
  #rung = false;
  #wake: () => void = () => undefined;

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** Resolves when rung since the last waiting, after `ms` at the latest, or when `signal` aborts; leaves no timer. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    const end = (): void => early.abort();
    this.#wake = end;
    signal.addEventListener("abort", end, { once: true });
    if (this.#rung || signal.aborted) end();
    await clock.sleep(ms, early.signal);
    signal.removeEventListener("abort", end);
    this.#rung = false;
  }
}
