import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "#server/device/driver-contract.ts";
import { EdgeFiles } from "#server/device/edge-files.ts";
import { AedesBroker } from "#server/device/mqtt/testing.ts";
import { createBroker } from "./broker.ts";
import { createDeviceListener } from "./device-listener.ts";
import { createDriver } from "./drivers.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const mappings = [{ filter: "plant/#", payload: "number" }];

function driverOf(driver: string, config: Record<string, unknown>, mqttUrl: string) {
  const source = { id: 1, code: "plant", driver, config, tokenHash: null };
  const devices = createDeviceListener(0).io;
  return createDriver(source, {
    clock: systemClock,
    log: silentLogger,
    code: "edge-1",
    mqttUrl: () => mqttUrl,
    devices,
    files: new EdgeFiles("/nowhere"),
    folder: join(tmpdir(), "millwright-no-edge"),
    recordings: tmpdir(),
  });
}

test("a source of MQTT topics listens to its own broker, and to the edge's when it names none", async () => {
  const broker = new AedesBroker();
  await broker.up();
  closers.push(() => broker.close());
  const nowhere = "mqtt://127.0.0.1:1";
  for (const [config, mqttUrl] of [
    [{ mappings, url: broker.url }, nowhere],
    [{ mappings }, broker.url],
  ] as const) {
    const driver = driverOf("mqtt", config, mqttUrl);
    closers.push(() => driver.stop());
    await driver.start(new RecordingSink(), new AbortController().signal);
    await expect.poll(() => driver.health().connected).toBe(true);
    await driver.stop();
  }
});

test("topics that are the broker's own are refused, and a source that wants them is told so", async () => {
  const broker = createBroker({
    port: 0,
    log: silentLogger,
    nodePassword: () => null,
    plainSource: () => null,
  });
  await broker.start(new AbortController().signal);
  closers.push(() => broker.stop());
  const own = [{ filter: "$SYS/#", payload: "number" }];
  const driver = driverOf("mqtt", { mappings: own }, broker.url);
  closers.push(() => driver.stop());
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  await sink.until(() => sink.events.length > 0);
  // The broker's url holds our own password, which stands in no event.
  expect(sink.events[0]).toMatchObject({
    kind: "death",
    reason: `The broker mqtt://127.0.0.1:${broker.port} refuses the subscription to $SYS/#: allow it for this login, or correct the filter.`,
  });
});

test("a driver that does not exist, or a config that is wrong, is refused with a sentence", () => {
  expect(() => driverOf("mqttt", {}, "")).toThrow('There is no driver "mqttt" (source plant).');
  const twice = { mappings: [...mappings, ...mappings] };
  expect(() => driverOf("replay", { file: "../a.csv" }, "")).toThrow("below the edge's folder of recordings");
  expect(() => driverOf("mqtt", twice, "mqtt://127.0.0.1:1")).toThrow("The mapping of plant/# is wrong");
});
