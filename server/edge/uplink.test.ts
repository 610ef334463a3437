import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { type Clock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { CheckedClock } from "./checked-clock.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { openQueue, tempFolder } from "./testing/queues.ts";
import { UnknownMetrics } from "./unknown-metrics.ts";
import { Uplink } from "./uplink.ts";

const welcomeMs = 300;
const patience = { timeout: 8000, interval: 20 };

/** An uplink with an empty queue; it ends with the test. */
async function anUplink(url: string, clock: Clock = systemClock): Promise<Uplink> {
  const folder = tempFolder("uplink");
  const { queue } = await openQueue({ location: join(folder, "queue") });
  const uplink = new Uplink({
    url,
    ca: null,
    clock: new CheckedClock(clock),
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
    await queue.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return uplink;
}

it("finds the server again that was killed sooner after its welcome than one waits for a welcome", async () => {
  const server = new FakeServer();
  await server.plug();
  onTestFinished(() => server.unplug());
  const uplink = await anUplink(server.url);
  await vi.waitFor(() => expect(uplink.online).toBe(true), patience);
  await server.unplug();
  const gone = systemClock.monotonic();
  await vi.waitFor(() => expect(systemClock.monotonic() - gone).toBeGreaterThan(2 * welcomeMs), patience);
  expect(uplink.online).toBe(false);
  await server.plug();
  await vi.waitFor(() => expect(uplink.online).toBe(true), patience);
});

it("tries at least once a second for a minute, then each five seconds", async () => {
  const asked: number[] = [];
  const { setTimeout: later } = globalThis;
  // The waits as asked for, and fifty times as fast.
  vi.stubGlobal("setTimeout", (run: () => void, ms = 0) => {
    asked.push(ms);
    return later(run, ms / 50);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  let passedMs = 0;
  const clock: Clock = {
    now: systemClock.now,
    monotonic: () => systemClock.monotonic() + passedMs,
    // Only the waits of the link are looked at.
    sleep: (_ms, signal) => new Promise((end) => signal?.addEventListener("abort", () => end())),
  };
  const { url } = new FakeServer();
  await anUplink(url, clock);
  const waits = () => asked.filter((ms) => ms >= 80 && ms !== 4000);
  await vi.waitFor(() => expect(waits().filter((ms) => ms === 1000).length).toBeGreaterThan(3), patience);
  expect(waits()[0]).toBeLessThanOrEqual(250);
  expect(Math.max(...waits())).toBe(1000);
  passedMs = 61_000;
  await vi.waitFor(() => expect(waits().filter((ms) => ms === 5000).length).toBeGreaterThan(1), patience);
});
