import { generateKeyPairSync } from "node:crypto";
import { networkInterfaces } from "node:os";
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createRunner } from "#server/core/runner.ts";
import { nobody } from "#server/core/actor.contract.ts";
import { createConsumers } from "#server/execution/consumers.ts";
import { createDocuments } from "#server/execution/ingest/documents.ts";
import { createIngestGateway } from "#server/execution/ingest/gateway.ts";
import { createLanes } from "#server/execution/ingest/lanes.ts";
import { makePlant } from "#server/execution/ingest/testing.ts";
import { createLiveCache } from "#server/execution/live/live-cache.ts";
import { createRollups } from "#server/execution/rollups/rollup-consumer.ts";
import { createTagRegistry } from "#server/execution/tags/tag-registry.ts";
import { reactions } from "../features.ts";
import { type HealthPart, healthParts } from "../health.ts";
import { createScreens } from "../realtime/screens.ts";
import type { HealthView } from "./health.contract.ts";
import { type Got, openTestDoor, type TestDoor } from "./door-testing.ts";
import { createMetrics } from "./metrics.ts";
import { metricOf } from "./metrics.rules.ts";
import { healthRoutes } from "./routes/health.ts";
import { type TestHouse, testHouse } from "./testing.ts";

/** The server's parts as they stand together in `main.ts`, before a real door. */
const token = "a-token-for-tests-0123456789abcdef";
let house: TestHouse;
let street: TestDoor;
const stops: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  const parts: Record<string, HealthPart> = {};
  house = await testHouse([healthRoutes({ parts, versions: { millwright: "test" } })], { alone: true });
  const { db } = house;
  const clock = systemClock;
  const log = silentLogger;
  await makePlant(db, "metrics");
  const metrics = createMetrics();
  const tags = createTagRegistry({ db, clock, log });
  const live = createLiveCache();
  const lanes = createLanes({
    db,
    clock,
    log,
    tags,
    consumers: createConsumers(),
    ranges: [createRollups()],
  });
  const runner = createRunner({ db, clock, log, reactions: reactions(house.auth), schedules: [] });
  street = await openTestDoor(
    house.app,
    ({ io }) => {
      const key = generateKeyPairSync("ed25519").privateKey;
      const documents = createDocuments({ db, clock, key });
      const gateway = createIngestGateway({ io, db, clock, log, live, lanes, documents, tags });
      const screens = createScreens({
        io,
        db,
        clock,
        log,
        live,
        actorFromHandshake: () => Promise.resolve({ actor: nobody, session: null, stationId: null }),
      });
      const pools = { server: db };
      Object.assign(parts, healthParts({ db, clock, gateway, lanes, screens, runner, live, pools }));
      metrics.watchSockets(() => io.engine.clientsCount);
    },
    { metrics: { token, served: metrics.served, text: () => metrics.text(parts, clock) } },
  );
  stops.push(() => live.close());
});
afterAll(async () => {
  await street.close();
  for (const stop of stops) await stop();
  await house.close();
});

// A value is what Go's ParseFloat takes, which does not mind how NaN is written.
const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([Nn]a[Nn]|[+-]?Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const label = /^[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"$/;

/** Reads Prometheus' text form by its grammar: what does not fit is an error. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const said = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (said !== null) {
      const [, what, name = "", kind = ""] = said;
      if (what === "TYPE") {
        expect(types.has(name), `${name} is declared once`).toBe(false);
        types.set(name, kind);
      }
      continue;
    }
    const found = sample.exec(line);
    if (found === null) throw new Error(`no line of the text form: ${line}`);
    const [, name = "", labels = "", value = ""] = found;
    const pairs = labels === "" ? [] : labels.split(/,(?=[a-zA-Z_]\w*=")/);
    for (const pair of pairs) expect(pair).toMatch(label);
    expect(types.has(name.replace(/_(bucket|sum|count)$/, "")) || types.has(name), name).toBe(true);
    const key = `${name}{${pairs.toSorted().join(",")}}`;
    expect(values.has(key), `${key} stands once`).toBe(false);
    values.set(key, Number(value.replace("Inf", "Infinity")));
  }
  return values;
}

const keyOf = (name: string, labels: Readonly<Record<string, string>>) =>
  `${name}{${Object.entries(labels)
    .map(([one, value]) => `${one}="${value}"`)
    .toSorted()
    .join(",")}}`;

test("every figure that the health document names is a metric, and all of it is Prometheus' text form", async () => {
  const health = JSON.parse((await street.ask("/api/v1/health")).text) as HealthView;
  const got = await street.ask("/metrics");
  expect([got.status, got.headers["content-type"]]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const values = parse(got.text);
  const missing: string[] = [];
  let looked = 0;
  for (const [part, { figures }] of Object.entries(health.parts)) {
    expect(figures, part).not.toHaveProperty("failed");
    expect(values.has(keyOf("millwright_part_ok", { part })), part).toBe(true);
    for (const [figure, value] of Object.entries(figures)) {
      const { name, labels } = metricOf(part, figure, value);
      looked += 1;
      if (!values.has(keyOf(name, labels))) missing.push(`${part}.${figure} as ${keyOf(name, labels)}`);
    }
  }
  expect(missing).toEqual([]);
  expect(looked).toBeGreaterThan(50);
  const consumers = createConsumers().map(({ name }) => name);
  for (const consumer of [...consumers, "rollups"])
    expect(values.has(keyOf("millwright_consumers_behind", { consumer })), consumer).toBe(true);
});

test("beside them stand requests, live sockets, pools, the outbox, the event loop's delay and the memory", async () => {
  await street.ask("/api/v1/nothing");
  const values = parse((await street.ask("/metrics")).text);
  expect(values.get('millwright_http_requests_total{area="api",method="GET",status="404"}')).toBe(1);
  for (const key of [
    "millwright_sockets_live{}",
    "millwright_outbox_backlog{}",
    "millwright_outbox_parked_facts{}",
    "millwright_ingest_dead_letters_open{}",
    'millwright_pools_waiting{pool="server"}',
    "nodejs_eventloop_lag_p99_seconds{}",
    "process_resident_memory_bytes{}",
  ])
    expect(values.get(key), key).not.toBeUndefined();
});

test("a proxy on this machine is not this machine, and without the token nobody else reads them", async () => {
  const far = { "x-forwarded-for": "10.0.0.9" };
  const refused = await street.ask("/metrics", { headers: far });
  expect([refused.status, refused.text.includes("millwright_")]).toEqual([401, false]);
  for (const authorization of ["Bearer wrong-token-0123456789", `Basic ${token}`, "Bearer ", token])
    expect((await street.ask("/metrics", { headers: { ...far, authorization } })).status).toBe(401);
  const shown = await street.ask("/metrics", { headers: { ...far, authorization: `Bearer ${token}` } });
  expect([shown.status, shown.text.includes("millwright_")]).toEqual([200, true]);
});

test("another machine never reads them without encryption, not even with the token", async (context) => {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((one) => !one.internal && one.family === "IPv4")?.address;
  if (own === undefined) return context.skip("this machine has no address but its own loopback");
  const { http } = street.door.ports();
  const headers = { host: `${own}:${http}`, authorization: `Bearer ${token}` };
  const got = await new Promise<Pick<Got, "status" | "text">>((resolve, reject) => {
    const sent = request({ host: own, port: http, path: "/metrics", headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end();
  });
  expect([got.status, JSON.parse(got.text).refusal.code]).toEqual([403, "https_needed"]);
});
