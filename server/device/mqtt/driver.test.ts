import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, test } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { driverContract, type MachineSide, type Rig } from "../driver-contract.ts";
import type { Driver } from "../driver.contract.ts";
import { EdgeFiles } from "../edge-files.ts";
import { createMqttDriver } from "./driver.ts";
import type { MqttConfigInput } from "./mqtt.contract.ts";
import { AedesBroker, mosquitto, MosquittoBroker, type TestBroker } from "./testing.ts";

const config: MqttConfigInput = {
  mappings: [
    {
      filter: "plant/+/+",
      payload: "json",
      values: ["$.v"],
      time: { path: "$.t", unit: "ms" },
      unit: { path: "$.u" },
      name: "{2}/{3}",
      write: { topic: "command/{2}/{3}", payload: '{"v":{value}}' },
    },
  ],
};

/** A machine that says `plant/m/<metric>` and obeys `command/m/<metric>`. */
class Publisher implements MachineSide {
  readonly written: { metric: string; value: unknown }[] = [];
  readonly #broker: TestBroker;
  readonly #driver: Driver;
  readonly #version: 4 | 5;
  #client: MqttClient | null = null;

  constructor(broker: TestBroker, driver: Driver, version: 4 | 5) {
    this.#broker = broker;
    this.#driver = driver;
    this.#version = version;
  }

  async come(): Promise<void> {
    if (this.#client === null) {
      const client = await connectAsync(this.#broker.url, {
        reconnectPeriod: 20,
        protocolVersion: this.#version,
      });
      this.#client = client;
      // While its broker is away it tries again.
      client.on("error", () => {});
      client.on("message", (topic, payload) => {
        const metric = topic.replace("command/", "");
        const { v } = JSON.parse(payload.toString()) as { v: number };
        this.written.push({ metric, value: v });
        this.say(metric, systemClock.now(), v);
      });
      await client.subscribeAsync("command/#", { qos: 1 });
    }
    const client = this.#client;
    // Nobody keeps for a subscriber what was said before it came.
    const both = () => client.connected && this.#driver.health().connected;
    await expect.poll(both, { interval: 5, timeout: 8000 }).toBe(true);
  }

  say(metric: string, at: number, value: number | string | boolean | null | bigint): void {
    const v = typeof value === "bigint" ? String(value) : JSON.stringify(value);
    const u = metric === "m/Number" ? ',"u":"°C"' : "";
    this.#client?.publish(`plant/${metric}`, `{"t":${at},"v":${v}${u}}`, { qos: 1 });
  }

  async go(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.endAsync(true);
  }

  async talkNonsense(): Promise<void> {
    await this.#client?.publishAsync("plant/m/Number", "hello, machine", { qos: 1 });
  }
}

async function rig(broker: TestBroker, protocolVersion: "3.1.1" | "5"): Promise<Rig> {
  await broker.up();
  const driver = createMqttDriver({
    url: broker.url,
    config: { ...config, protocolVersion },
    hostId: "edge-1",
    source: "plant",
    files: new EdgeFiles("/nowhere"),
    clock: systemClock,
    log: silentLogger,
  });
  const machine = new Publisher(broker, driver, protocolVersion === "5" ? 5 : 4);
  return {
    driver,
    machine,
    broker,
    restartMiddle: async () => {
      await broker.down();
      await broker.up();
    },
    close: async () => {
      await machine.go();
      await broker.close();
    },
  };
}

const abilities = { hearsTheMachineGo: false };
driverContract("MQTT 3.1.1 (aedes)", () => rig(new AedesBroker(), "3.1.1"), abilities);

describe.skipIf(mosquitto === null)("with Mosquitto (skipped where it is not installed)", () => {
  driverContract("MQTT 3.1.1 (Mosquitto)", () => rig(new MosquittoBroker(), "3.1.1"), abilities);
  driverContract("MQTT 5 (Mosquitto)", () => rig(new MosquittoBroker(), "5"), abilities);
});

test("the driver is named after its source", async () => {
  const { driver, close } = await rig(new AedesBroker(), "3.1.1");
  expect(driver.name).toBe("mqtt plant");
  await close();
});
