import { z } from "zod";
import type { Clock } from "#server/core/clock.ts";
import { HealthView, type PartHealth } from "../health.contract.ts";
import { type ApiRouter, queryRoute, type Routes } from "../route.ts";

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
    documentMetrics(api);
  };
}

/** Answered by the door itself, beside the API; its document is the one place where people look. */
function documentMetrics({ app }: ApiRouter): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "metrics", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    summary:
      "Every figure of the health document, requests and this process, for Prometheus; on this machine, or with the token of the file secrets/metrics-token",
    tags: ["health"],
    security: [{ metrics: [] }],
    responses: {
      200: { description: "Prometheus' text form", content: { "text/plain": { schema: z.string() } } },
    },
  });
}

async function healthOf(source: HealthSource, clock: Clock, startedAt: number): Promise<HealthView> {
  const parts = await askParts(source.parts, clock);
  return {
    status: Object.values(parts).every((part) => part.ok) ? "ok" : "degraded",
    now: clock.now(),
    uptimeMs: Math.round(clock.monotonic() - startedAt),
    versions: source.versions,
    parts,
  };
}

/** Every part at once. */
export async function askParts(
  parts: HealthSource["parts"],
  clock: Clock,
): Promise<Record<string, PartHealth>> {
  const asked = Object.entries(parts).map(async ([name, ask]) => [name, await askPart(ask, clock)] as const);
  return Object.fromEntries(await Promise.all(asked));
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
