import { setMaxListeners } from "node:events";
import type { Logger } from "pino";

/** A long-lived part of a process. `signal` aborts when the process is asked to stop. */
export interface Service {
  readonly name: string;
  start(signal: AbortSignal): Promise<void> | void;
  stop(): Promise<void> | void;
}

/** Starts parts in the order given (tier order); the returned function stops them in reverse. */
export async function startServices(services: readonly Service[], log: Logger): Promise<() => Promise<void>> {
  const abort = new AbortController();
  // One signal for all parts; Node would suspect a leak at the eleventh.
  setMaxListeners(0, abort.signal);
  const started: Service[] = [];
  const stopAll = async () => {
    abort.abort();
    for (const service of started.toReversed()) {
      try {
        await service.stop();
      } catch (error) {
        log.error({ err: error, service: service.name }, "stop failed");
      }
    }
    started.length = 0;
  };
  try {
    for (const service of services) {
      started.push(service);
      await service.start(abort.signal);
      log.info({ service: service.name }, "started");
    }
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
