import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";

/** Something that follows the committed readings of the owned lanes. */
export interface LaneWorker {
  readonly name: string;
  start(): void;
  /** Asks it to end after the transaction it is in. */
  stop(): Promise<void>;
  wake(): void;
  /** Lanes changed hands: what it remembers is read again. */
  forget(): void;
  /** Readings it has not looked at yet; null = not known before its first round. */
  behind(): number | null;
  /** How long it has been behind, ms. */
  lagMs(): number;
  parked(): number;
}

export interface WorkLoop {
  start(): void;
  stop(): Promise<void>;
  wake(): void;
  lagMs(): number;
  /** Waits, but not beyond a stop. */
  pause(ms: number): Promise<void>;
}

/** Rounds follow each other at this distance at least, ms: what commits meanwhile goes into the next one. */
const paceMs = 20;
/** Looks again after this time even if nobody rang, ms. */
const idleMs = 1000;

/** Calls `round` as long as it finds something, then waits to be woken. */
export function createWorkLoop(deps: {
  name: string;
  clock: Clock;
  log: Logger;
  round: (stopped: () => boolean) => Promise<boolean>;
  /** Until the next round, ms, by how long this one took. */
  paceMs?: (tookMs: number) => number;
  /** Marks what there is now; later it says whether all of that was worked off. */
  mark: () => () => boolean;
}): WorkLoop {
  const { clock, log } = deps;
  const abort = new AbortController();
  let running: Promise<void> | undefined;
  let rung = false;
  let ring: () => void = () => {};
  let caughtUpAt = clock.monotonic();

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      rung = false;
      let any = false;
      const began = clock.monotonic();
      const workedOff = deps.mark();
      try {
        any = await deps.round(() => abort.signal.aborted);
      } catch (error) {
        log.warn({ err: error, worker: deps.name }, "round failed");
      }
      // Readings come all the time: who has all that was there when the round began is not behind. Who did nothing
      // because he could not is.
      if (workedOff()) caughtUpAt = began;
      if (any) await clock.sleep(deps.paceMs?.(clock.monotonic() - began) ?? paceMs, abort.signal);
      else await untilRung();
    }
  }

  async function untilRung(): Promise<void> {
    if (rung || abort.signal.aborted) return;
    const waiting = new AbortController();
    const stop = () => waiting.abort();
    abort.signal.addEventListener("abort", stop, { once: true });
    ring = stop;
    await clock.sleep(idleMs, waiting.signal);
    abort.signal.removeEventListener("abort", stop);
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      abort.abort();
      await running;
    },
    wake() {
      rung = true;
      ring();
    },
    lagMs: () => clock.monotonic() - caughtUpAt,
    pause: (ms) => clock.sleep(ms, abort.signal),
  };
}
