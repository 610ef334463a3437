import type { Clock } from "#server/core/clock.ts";
import type { Driver, DriverEvent, DriverSink, RawReading } from "#server/device/driver.contract.ts";
import type { EdgeSource } from "./document.contract.ts";
import { seen } from "./unknown-metrics.ts";
import { maxSeen, ProbeAsk, type ProbeAnswer } from "./uplink.contract.ts";

/** How long to go on listening once something was said, ms: a machine rarely says everything at once. */
const restMs = 1500;
/** How often it is looked whether there is a connection, ms. */
const lookMs = 50;

/** Keeps the last reading of each metric and nothing else. */
class ProbeSink implements DriverSink {
  readonly last = new Map<string, RawReading>();
  problem: string | null = null;

  readings(batch: readonly RawReading[]): Promise<void> {
    for (const reading of batch) {
      if (this.last.has(reading.metric) || this.last.size < maxSeen) this.last.set(reading.metric, reading);
    }
    return Promise.resolve();
  }

  event(event: DriverEvent): Promise<void> {
    if (event.kind === "unreadable") this.problem = event.reason;
    if (event.kind === "death") this.problem = event.reason;
    return Promise.resolve();
  }
}

export type Probe = (ask: unknown) => Promise<ProbeAnswer>;

/**
 * Tries a source that is not set up yet with the driver it would have, beside those that run, and tells what was
 * heard. Nothing is stored. One at a time: each may open a connection that a device has room for only once.
 */
export function createProbe(deps: {
  readonly clock: Clock;
  readonly createDriver: (source: EdgeSource) => Driver;
}): Probe {
  let busy = false;
  return async (given) => {
    const parsed = ProbeAsk.safeParse(given);
    if (!parsed.success)
      return said("The edge does not understand what it shall try: it is of another version.");
    if (busy) return said("The edge is trying another source: wait a few seconds.");
    busy = true;
    try {
      return await tryOut(parsed.data, deps.createDriver, deps.clock);
    } catch (error) {
      return said(error instanceof Error ? error.message : String(error));
    } finally {
      busy = false;
    }
  };
}

async function tryOut(
  { code, driver: kind, config, forMs }: ProbeAsk,
  createDriver: (source: EdgeSource) => Driver,
  clock: Clock,
): Promise<ProbeAnswer> {
  // A client id of its own too, or the one that runs would be thrown out for this one.
  const { clientId: _, ...trial } = config;
  const driver = createDriver({ id: 0, code, driver: kind, config: trial, tokenHash: null });
  const sink = new ProbeSink();
  const abort = new AbortController();
  try {
    await driver.start(sink, abort.signal);
    const until = clock.monotonic() + forMs;
    let heardAt: number | null = null;
    let connected = false;
    while (clock.monotonic() < until && (heardAt === null || clock.monotonic() < heardAt + restMs)) {
      await clock.sleep(lookMs, abort.signal);
      connected = driver.health().connected;
      // A server that nobody trusts yet will not become a trusted one meanwhile.
      if (!connected && sink.problem !== null && driver.health().certificates?.server != null) break;
      if (connected && sink.last.size > 0) heardAt ??= clock.monotonic();
    }
    const values = [...sink.last].map(([metric, reading]) => seen(metric, reading));
    const { problem, certificates = null } = driver.health();
    const why = connected && values.length > 0 ? null : (problem ?? sink.problem);
    return {
      connected,
      problem: why?.slice(0, 500) ?? null,
      seen: values,
      ...(certificates !== null && { certificates }),
    };
  } finally {
    abort.abort();
    await driver.stop();
  }
}

function said(problem: string): ProbeAnswer {
  return { connected: false, problem: problem.slice(0, 500), seen: [] };
}
