import { createHash, randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import { createDevice, type DeviceOptions } from "./client-example.ts";
import { createSocketIoDriver } from "./driver.ts";
import { listener } from "./testing.ts";
import { deviceNamespace } from "./wire.contract.ts";

/**
 * A device that was stopped stays away. Beside it stands one that was not: when that one has come again, the stopped
 * one would have come, too.
 */
const token = "a token of both";
const tokenHash = createHash("sha256").update(token).digest("hex");
const patience = { timeout: 8000, interval: 5 };

/** An edge with two sources, which remembers who knocked. */
async function edge() {
  const { server, url, cut, close } = await listener();
  const knocked: unknown[] = [];
  server.of(deviceNamespace).use((socket, next) => {
    knocked.push(socket.handshake.auth["source"]);
    next();
  });
  for (const source of ["stopped", "running"]) {
    const driver = createSocketIoDriver({
      server,
      source,
      config: {},
      tokenHash,
      clock: systemClock,
      log: silentLogger,
    });
    await driver.start(new RecordingSink(), new AbortController().signal);
    onTestFinished(() => driver.stop());
  }
  onTestFinished(close);
  return {
    url,
    cut,
    /** Ends each connection as an edge does whose source is taken away. */
    turnOut: () => server.of(deviceNamespace).disconnectSockets(),
    times: (source: string) => knocked.filter((who) => who === source).length,
  };
}

function device(url: string, source: "stopped" | "running", options: Partial<DeviceOptions> = {}) {
  const made = createDevice({
    url,
    source,
    token,
    session: randomUUID(),
    clock: systemClock,
    capacity: 100,
    onWrite: () => ({ result: "accepted" }),
    onSent: () => {},
    onDropped: () => {},
    onProblem: () => {},
    ...options,
  });
  onTestFinished(() => made.stop());
  return made;
}

/** Two devices that are let in. */
async function greeted(url: string) {
  const [stopped, running] = [device(url, "stopped"), device(url, "running")];
  for (const one of [stopped, running]) await expect.poll(one.connected, patience).toBe(true);
  return { stopped, running };
}

test("a device that is stopped while it is connected goes, and does not come again", async () => {
  const { url, turnOut, times } = await edge();
  const { stopped, running } = await greeted(url);
  stopped.stop();
  expect(stopped.connected()).toBe(false);
  turnOut();
  await expect.poll(() => times("running"), patience).toBe(2);
  await expect.poll(running.connected, patience).toBe(true);
  expect(times("stopped")).toBe(1);
});

test("a device that is stopped while its edge is away does not come when the edge is back", async () => {
  const { url, cut, times } = await edge();
  const { stopped, running } = await greeted(url);
  cut();
  await expect.poll(stopped.connected, patience).toBe(false);
  stopped.stop();
  // Each return takes 100 ms at least, and the stopped one would have taken 300 at most.
  for (let returns = 1; returns <= 4; returns++) {
    await expect.poll(() => times("running"), patience).toBe(1 + returns);
    await expect.poll(running.connected, patience).toBe(true);
    cut();
  }
  expect(times("stopped")).toBe(1);
});

test("a device that is stopped after it was turned away does not ask again, as one does that was not stopped", async () => {
  const { url, times } = await edge();
  let problem = "";
  const stopped = device(url, "stopped", { token: "wrong", onProblem: (reason) => (problem = reason) });
  await expect.poll(() => problem, patience).toContain("token is wrong");
  stopped.stop();
  device(url, "running", { token: "wrong" });
  await expect.poll(() => times("running"), patience).toBe(2);
  expect(times("stopped")).toBe(1);
});

test("a device that stops itself when it hears that it was turned away does not ask again", async () => {
  const { url, times } = await edge();
  let heard = 0;
  const stopped = device(url, "stopped", {
    token: "wrong",
    onProblem: () => {
      heard += 1;
      stopped.stop();
    },
  });
  await expect.poll(() => heard, patience).toBe(1);
  device(url, "running", { token: "wrong" });
  await expect.poll(() => times("running"), patience).toBe(2);
  expect(times("stopped")).toBe(1);
});
