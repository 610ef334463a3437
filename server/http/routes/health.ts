import type { Clock } from "#server/core/clock.ts";
import { HealthView, type PartHealth } from "../health.contract.ts";
import { queryRoute, type Routes } from "../route.ts";

/** A part that takes longer to answer than this is not well. */
const patienceMs = 2000;

export interface HealthSource {
  /** e.g. `database`, `ingest`, `runner`, `edge edge-1`. */
  readonly parts: Readonly<Record<string, () => PartHealth | Promise<PartHealth>>>;
  /** e.g. `millwright`, `node`, `postgres`. */
  readonly versions: Readonly<Record<string, string>>;
}

/** How each part is, for people, supervisors of processes and load balancers; open to anybody, names no data. */
export function healthRoutes(source: HealthSource): Routes {
  return (api) => {
    const startedAt = api.deps.clock.monotonic();
    queryRoute(api, {
      path: "/health",
      public: true,
      response: HealthView,
      summary: "Each part of the server, its lag and queue depth, and the versions",
      run: ({ clock }) => healthOf(source, clock, startedAt),
    });
  };
}

async function healthOf(source: HealthSource, clock: Clock, startedAt: number): Promise<HealthView> {
  const asked = Object.entries(source.parts).map(
    async ([name, ask]) => [name, await askPart(ask, clock)] as const,
  );
  const parts = Object.fromEntries(await Promise.all(asked));
  return {
    status: Object.values(parts).every((part) => part.ok) ? "ok" : "degraded",
    now: clock.now(),
    uptimeMs: Math.round(clock.monotonic() - startedAt),
    versions: source.versions,
    parts,
  };
}

/** A part that fails or hangs is told as such; it never takes the others with it. */
async function askPart(ask: () => PartHealth | Promise<PartHealth>, clock: Clock): Promise<PartHealth> {
  const patience = new AbortController();
  const tooLate = clock
    .sleep(patienceMs, patience.signal)
    .then((): PartHealth => ({ ok: false, figures: { silent: true } }));
  try {
    return await Promise.race([Promise.resolve().then(ask), tooLate]);
  } catch {
    return { ok: false, figures: { failed: true } };
  } finally {
    patience.abort();
  }
}
