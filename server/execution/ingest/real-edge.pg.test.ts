import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { asc, eq } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { source, tag } from "#db/schema/device/tags.ts";
import { deadLetter, reading } from "#db/schema/edge/ingest.ts";
import { testDb } from "#db/testing.ts";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { startServices } from "#server/core/services.ts";
import { createDevice } from "#server/device/socketio/client-example.ts";
import { createEdge } from "#server/edge/edge.ts";
import { tempFolder } from "#server/edge/testing/queues.ts";
import { makePlant, startServer } from "#server/execution/ingest/testing.ts";

test("a real edge delivers to the real gateway exactly once, though the gateway is restarted", async () => {
  const handle = await testDb();
  const plant = await makePlant(handle.db, "re");
  const tokenHash = createHash("sha256").update("t").digest();
  await handle.db
    .update(source)
    .set({ driver: "socketio", code: "dev", tokenHash })
    .where(eq(source.id, plant.sourceId));
  await handle.db
    .update(tag)
    .set({ meaning: "good" })
    .where(eq(tag.id, plant.numbers[0] ?? 0));
  const server = await startServer(handle.db);
  const folder = tempFolder("real-edge");
  const edge = await createEdge({
    code: plant.edgeCode,
    token: plant.token,
    publicKey: server.publicKey.export({ type: "spki", format: "pem" }).toString(),
    serverUrl: server.url,
    serverCa: null,
    folder,
    mqttPort: 0,
    mqttUrl: null,
    devicePort: 0,
    version: "t",
    clock: systemClock,
    log: silentLogger,
  });
  const stop = await startServices(edge.services, silentLogger);
  await vi.waitFor(() => expect(edge.health().sources).toHaveLength(1), 10_000);
  const device = createDevice({
    url: `http://127.0.0.1:${edge.devices.port}`,
    source: "dev",
    token: "t",
    session: "s",
    clock: systemClock,
    capacity: 1e6,
    onWrite: () => ({ result: "accepted" }),
    onSent: () => {},
    onDropped: () => {},
    onProblem: () => {},
  });
  let n = 0;
  const timer = setInterval(() => {
    const at = systemClock.now();
    device.put([1, 2, 3].map(() => ({ metric: "m0", at, value: ++n, unit: null })));
    if (n % 30 === 0) device.put([{ metric: "mystery", at, value: 1, unit: "mm" }]);
    if (n % 60 === 0) device.put([{ metric: "m0", at: 17, value: 1, unit: null }]);
  }, 5);
  await vi.waitFor(() => expect(n).toBeGreaterThan(600), 20_000);
  for (let i = 0; i < 3; i++) {
    const { socket } = await server.edge(plant); // a second connection of the same edge throws ours out
    await systemClock.sleep(300);
    socket.disconnect();
  }
  clearInterval(timer);
  await vi.waitFor(() => expect(device.waiting()).toBe(0), 20_000);
  await vi.waitFor(() => expect(edge.health().unackedReadings).toBe(0), 30_000);
  const rows = await handle.db
    .select()
    .from(reading)
    .where(eq(reading.tagId, plant.numbers[0] ?? 0))
    .orderBy(asc(reading.num));
  expect(rows.map((r) => r.num)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
  const dead = await handle.db.select().from(deadLetter);
  const reasons = new Set(dead.map((d) => d.reason));
  expect(reasons).toEqual(new Set(["unknown_tag", "time_too_old"]));
  device.stop();
  await stop();
  await server.close();
  await handle.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);
