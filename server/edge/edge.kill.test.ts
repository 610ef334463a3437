import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { bothSources, startPacker } from "./testing/edges.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { tempFolder } from "./testing/queues.ts";

const patience = { timeout: 20_000, interval: 20 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

it("an edge killed with -9 again and again, with the server coming and going, delivers everything it answered once", async () => {
  const folder = tempFolder("edge-kill");
  const server = new FakeServer();
  await server.plug();
  server.document = bothSources();
  mkdirSync(join(folder, "edge"), { recursive: true });
  writeFileSync(join(folder, "edge", "token"), "secret\n");
  writeFileSync(join(folder, "server.pub"), server.publicKey);
  const devicePort = await freePort();
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: "test",
    PATH: process.env["PATH"] ?? "",
    DATA_DIR: folder,
    SERVER_URL: server.url,
    SERVER_PUBLIC_KEY_FILE: join(folder, "server.pub"),
    DEVICE_PORT: String(devicePort),
    MQTT_PORT: "0",
    LOG_LEVEL: "error",
  };
  let edge: ChildProcess;
  const start = () => {
    const program = join(import.meta.dirname, "main.ts");
    edge = spawn(process.execPath, ["--import", "tsx", program], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return edge;
  };
  const packer = startPacker(devicePort);
  let count = 0;
  const counting = setInterval(() => {
    const now = systemClock.now();
    packer.put(
      Array.from({ length: 7 }, () => ({ metric: "packer-1/Good", at: now, value: ++count, unit: null })),
    );
  }, 5);
  onTestFinished(async () => {
    clearInterval(counting);
    packer.stop();
    edge.kill("SIGKILL");
    await server.unplug();
    rmSync(folder, { recursive: true, force: true });
  });

  for (let cycle = 0; cycle < 5; cycle++) {
    const child = start();
    const before = server.values(31).length;
    // Once it delivers to the server, once it only stores: the moment of the kill is another each time.
    if (cycle === 3) await server.unplug();
    if (cycle === 3) await vi.waitFor(() => expect(packer.connected()).toBe(true), patience);
    else
      await vi.waitFor(() => expect(server.values(31).length).toBeGreaterThan(before + 50 * cycle), patience);
    await systemClock.sleep(37 * cycle);
    child.kill("SIGKILL");
    await once(child, "close");
    if (cycle === 3) await server.plug();
  }
  start();
  await vi.waitFor(() => expect(packer.connected()).toBe(true), patience);
  clearInterval(counting);
  await vi.waitFor(() => expect(packer.waiting()).toBe(0), patience);
  await vi.waitFor(() => expect(server.values(31)).toHaveLength(count), patience);
  expect(server.values(31)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(count).toBeGreaterThan(2000);
}, 180_000);
