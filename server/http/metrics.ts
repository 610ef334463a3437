import type { IncomingMessage, ServerResponse } from "node:http";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "#server/core/clock.ts";
import { metricOf } from "./metrics.rules.ts";
import { askParts, type HealthSource } from "./routes/health.ts";

/** What this process tells a Prometheus: its parts as the health document names them, its requests, and itself. */
export interface Metrics {
  served(request: IncomingMessage, response: ServerResponse, startedAt: number): void;
  watchSockets(count: () => number): void;
  /** Prometheus' text form, and its content type. */
  text(parts: HealthSource["parts"], clock: Clock): Promise<{ text: string; type: string }>;
}

/** Which part of the house a path belongs to: few words, however many paths strangers try. */
function areaOf(path: string): string {
  if (path.startsWith("/api/")) return "api";
  if (path === "/healthz" || path === "/metrics" || path.startsWith("/trust")) return "house";
  return path.startsWith("/_next/") ? "asset" : "page";
}

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "DELETE", "OPTIONS"]);

export function createMetrics(): Metrics {
  // Of its own, so that two servers in one process (tests) do not count together.
  const register = new Registry();
  // Event-loop delay, resident memory, heap, handles, garbage collection.
  collectDefaultMetrics({ register });
  const requests = new Counter({
    name: "millwright_http_requests_total",
    help: "Requests that were answered, by area, method and status",
    labelNames: ["area", "method", "status"],
    registers: [register],
  });
  const seconds = new Histogram({
    name: "millwright_http_request_duration_seconds",
    help: "How long an answer took",
    labelNames: ["area"],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [register],
  });
  let sockets = (): number => 0;
  const live = new Gauge({
    name: "millwright_sockets_live",
    help: "Live socket connections: edges, screens, devices",
    registers: [],
    collect() {
      this.set(sockets());
    },
  });
  register.registerMetric(live);

  return {
    served(request, response, startedAt) {
      const area = areaOf((request.url ?? "/").split("?")[0] ?? "/");
      const method = methods.has(request.method ?? "") ? (request.method ?? "") : "other";
      requests.inc({ area, method, status: String(response.statusCode) });
      seconds.observe({ area }, (performance.now() - startedAt) / 1000);
    },
    watchSockets(count) {
      sockets = count;
    },
    async text(parts, clock) {
      // Made anew each time: an edge that is gone leaves no line behind.
      const own = new Registry();
      const gauges = new Map<string, Gauge>();
      const add = (name: string, labels: Readonly<Record<string, string>>, value: number, help: string) => {
        const gauge =
          gauges.get(name) ?? new Gauge({ name, help, labelNames: Object.keys(labels), registers: [own] });
        gauges.set(name, gauge);
        gauge.set(labels, value);
      };
      for (const [part, health] of Object.entries(await askParts(parts, clock))) {
        add("millwright_part_ok", { part }, Number(health.ok), "Whether a part of the server is well");
        for (const [figure, value] of Object.entries(health.figures)) {
          const metric = metricOf(part, figure, value);
          add(metric.name, metric.labels, metric.value, `Part ${part} of the health document`);
        }
      }
      return { text: (await register.metrics()) + (await own.metrics()), type: register.contentType };
    },
  };
}
