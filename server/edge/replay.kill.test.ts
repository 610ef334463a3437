import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { aDocument, aTag } from "./testing/documents.ts";
import { FakeServer } from "./testing/fake-server.ts";
import { tempFolder } from "./testing/queues.ts";

const patience = { timeout: 20_000, interval: 10 };
const rows = 6000;

it("an edge killed with -9 while it plays a recording goes on where it was: each row is delivered once, in order", async () => {
  const folder = tempFolder("replay-kill");
  const server = new FakeServer();
  await server.plug();
  // Ten rows a second were recorded; they are played at 600 a second.
  const config = { file: "counter.csv", speed: 60, time: "ms" };
  const tag = { id: 31, metric: "Good", meaning: "good", unit: null, low: null, high: null } as const;
  server.document = aDocument({
    tags: [aTag(tag)],
    sources: [{ id: 1, code: "recording", driver: "replay", config, tokenHash: null }],
  });
  mkdirSync(join(folder, "edge", "recordings"), { recursive: true });
  writeFileSync(join(folder, "edge", "token"), "secret\n");
  writeFileSync(join(folder, "server.pub"), server.publicKey);
  const lines = Array.from({ length: rows }, (_, i) => `${1_764_000_000_000 + i * 100},Good,${i + 1}`);
  const recording = join(folder, "edge", "recordings", "counter.csv");
  writeFileSync(recording, `time,metric,value\n${lines.join("\n")}\n`);
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: "test",
    PATH: process.env["PATH"] ?? "",
    DATA_DIR: folder,
    SERVER_URL: server.url,
    SERVER_PUBLIC_KEY_FILE: join(folder, "server.pub"),
    DEVICE_PORT: "0",
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
  onTestFinished(async () => {
    edge.kill("SIGKILL");
    await server.unplug();
    rmSync(folder, { recursive: true, force: true });
  });
  // Its good readings: the stale mark at the end repeats the last value.
  const delivered = () => server.readings.filter((r) => r.tagId === 31 && r.dead === null && r.quality === 0);
  for (const atLeast of [500, 1700, 3200]) {
    const child = start();
    await vi.waitFor(() => expect(delivered().length).toBeGreaterThan(atLeast), patience);
    child.kill("SIGKILL");
    await once(child, "close");
  }
  start();
  await vi.waitFor(() => expect(delivered().at(-1)?.num).toBe(rows), patience);
  expect(delivered().map(({ num }) => num)).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
  const times = delivered().map(({ sourceTime }) => sourceTime);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
}, 120_000);
