import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { CheckedClock } from "./checked-clock.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { openQueue, tempFolder } from "./testing/queues.ts";
import { UnknownMetrics } from "./unknown-metrics.ts";
import { Uplink } from "./uplink.ts";

const welcomeMs = 300;
const patience = { timeout: 8000, interval: 20 };

it("finds the server again that was killed sooner after its welcome than one waits for a welcome", async () => {
  const folder = tempFolder("uplink");
  const server = new FakeServer();
  await server.plug();
  const { queue } = await openQueue({ location: join(folder, "queue") });
  const uplink = new Uplink({
    url: server.url,
    ca: null,
    clock: new CheckedClock(systemClock),
    log: silentLogger,
    queue,
    unknown: new UnknownMetrics(),
    hello: () => ({ edge: "edge-1", token: "secret", protocol: 1, documentVersion: 0 }),
    onDocument: () => Promise.resolve(),
    onActuation: () => null,
    onProbe: () => Promise.resolve({ connected: false, problem: null, seen: [] }),
    onPeek: () => [],
    health: () => ({
      at: 0,
      version: "test",
      queueBlocks: 0,
      queueBytes: 0,
      unackedReadings: 0,
      gaps: 0,
      deadLetters: 0,
      sources: [],
    }),
    welcomeMs,
  });
  uplink.start();
  onTestFinished(async () => {
    await uplink.stop();
    await server.unplug();
    await queue.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await vi.waitFor(() => expect(uplink.online).toBe(true), patience);
  await server.unplug();
  const gone = systemClock.monotonic();
  await vi.waitFor(() => expect(systemClock.monotonic() - gone).toBeGreaterThan(2 * welcomeMs), patience);
  expect(uplink.online).toBe(false);
  await server.plug();
  await vi.waitFor(() => expect(uplink.online).toBe(true), patience);
});
