import { expect, test, vi } from "vitest";
import { deadLetter } from "#db/schema/edge/ingest.ts";
import { systemClock } from "#server/core/clock.ts";
import { startPacker } from "#server/edge/testing/edges.ts";
import { testEdge } from "./testing-edge.ts";
import { testIngest } from "./testing.ts";

test("a real edge delivers to the real gateway exactly once, though the gateway is restarted", async () => {
  const ingest = await testIngest("re");
  const edge = await testEdge(ingest);
  const device = startPacker(edge.devices.port);
  let n = 0;
  const timer = setInterval(() => {
    const at = systemClock.now();
    device.put([1, 2, 3].map(() => ({ metric: "m0", at, value: ++n, unit: null })));
    if (n % 30 === 0) device.put([{ metric: "mystery", at, value: 1, unit: "mm" }]);
    if (n % 60 === 0) device.put([{ metric: "m0", at: 17, value: 1, unit: null }]);
  }, 5);
  await vi.waitFor(() => expect(n).toBeGreaterThan(600), 20_000);
  for (let i = 0; i < 3; i++) {
    const { socket } = await ingest.edge(); // a second connection of the same edge throws ours out
    await systemClock.sleep(300);
    socket.disconnect();
  }
  clearInterval(timer);
  await vi.waitFor(() => expect(device.waiting()).toBe(0), 20_000);
  await vi.waitFor(() => expect(edge.health().unackedReadings).toBe(0), 30_000);
  const numbers = await ingest.numbersOf({ tagId: ingest.plant.numbers[0] ?? 0 });
  expect(numbers.toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: n }, (_, i) => i + 1),
  );
  const dead = await ingest.db.select().from(deadLetter);
  const reasons = new Set(dead.map((d) => d.reason));
  expect(reasons).toEqual(new Set(["unknown_tag", "time_too_old"]));
  device.stop();
  await edge.stop();
  await ingest.close();
}, 120_000);
