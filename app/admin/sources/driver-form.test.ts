import { describe, expect, it } from "vitest";
import { ModbusConfig } from "#server/device/modbus/modbus.contract.ts";
import { MqttConfig } from "#server/device/mqtt/mqtt.contract.ts";
import { OpcUaConfig } from "#server/device/opcua/opcua.contract.ts";
import { ReplayConfig } from "#server/device/replay/replay.contract.ts";
import { sourceDrivers } from "#server/execution/sources/sources.contract.ts";
import { SparkplugConfig } from "#server/device/sparkplug/sparkplug.contract.ts";
import { choosable, configOf, emptyRow, formOf, isShownWhole } from "./driver-form.ts";

const modbus = {
  host: "192.168.0.20",
  port: 502,
  unit: 1,
  timeoutMs: 2000,
  groups: [
    {
      pollMs: 1000,
      registers: [
        { metric: "speed", table: "holding", address: 4, type: "float32", wordOrder: "little" },
        {
          metric: "runs",
          table: "discrete",
          address: 0,
          type: "bool",
          contact: { kind: "run", debounceMs: 50 },
        },
      ],
    },
    {
      pollMs: 100,
      registers: [{ metric: "set", table: "holding", address: 9, type: "int16", writable: true }],
    },
  ],
};
const mqtt = {
  url: "mqtt://broker:1883",
  mappings: [
    {
      filter: "a/+",
      payload: "json",
      values: ["$.x", "$.y"],
      time: { path: "$.ts", unit: "s" },
      name: "{2}/{key}",
    },
    { filter: "umh/v1/#", payload: "umh" },
  ],
};

const opcua = {
  url: "opc.tcp://cnc:4840",
  security: { mode: "signAndEncrypt", policy: "Aes256_Sha256_RsaPss" },
  trusted: ["aa".repeat(20)],
  user: { kind: "password", name: "mes", passwordFile: "cnc" },
  nodes: [{ metric: "Speed", node: "nsu=http://m/cnc;s=Speed", sampleMs: 100, writable: true }],
};

describe("the form of a driver", () => {
  it("is offered for every driver that somebody may add", () => {
    expect(choosable.toSorted()).toEqual(sourceDrivers.toSorted());
  });

  it("shows a config and makes the same one again", () => {
    for (const [driver, config] of [
      ["modbus", modbus],
      ["mqtt", mqtt],
      ["sparkplug", { group: "g", node: "n" }],
      ["opcua", opcua],
      ["replay", { file: "a/b.csv", time: "ms", speed: 10, times: "kept", loops: 1, run: 2 }],
      ["opcua", { url: "opc.tcp://cnc:4840", browse: {} }],
    ] as const) {
      expect(configOf(driver, formOf(driver, config), {})).toEqual(config);
      expect(isShownWhole(driver, config)).toBe(true);
    }
  });

  it("makes what the driver itself can read", () => {
    expect(ModbusConfig.safeParse(configOf("modbus", formOf("modbus", modbus))).success).toBe(true);
    expect(MqttConfig.safeParse(configOf("mqtt", formOf("mqtt", mqtt))).success).toBe(true);
    const row = { ...emptyRow("modbus"), metric: "m" };
    const fields = { ...formOf("modbus", {}).fields, host: "h" };
    expect(ModbusConfig.safeParse(configOf("modbus", { fields, rows: [row] })).success).toBe(true);
    expect(OpcUaConfig.safeParse(configOf("opcua", formOf("opcua", opcua))).success).toBe(true);
    const browsing = {
      fields: { ...formOf("opcua", {}).fields, url: "opc.tcp://c:4840", browse: "true" },
      rows: [emptyRow("opcua")],
    };
    expect(configOf("opcua", browsing)).toEqual({ url: "opc.tcp://c:4840", browse: {} });
    expect(OpcUaConfig.safeParse(configOf("opcua", browsing)).success).toBe(true);
    const played = configOf("replay", {
      ...formOf("replay", {}),
      fields: { ...formOf("replay", {}).fields, file: "m.csv" },
    });
    expect(ReplayConfig.safeParse(played).success).toBe(true);
    const node = configOf("sparkplug", { fields: { group: " g ", node: "n", username: "" }, rows: [] });
    expect(SparkplugConfig.parse(node)).toMatchObject({ group: "g", node: "n" });
  });

  it("keeps settings that it does not show, and says when rows hold more than it can show", () => {
    const kept = configOf("sparkplug", formOf("sparkplug", { group: "g", node: "n", reorderMs: 50 }), {
      group: "old",
      node: "n",
      reorderMs: 50,
    });
    expect(kept).toEqual({ group: "g", node: "n", reorderMs: 50 });
    const browse = { url: "opc.tcp://cnc:4840", browse: { depth: 3 } };
    expect(configOf("opcua", formOf("opcua", browse), browse)).toEqual(browse);
    const write = { topic: "{topic}/set" };
    expect(isShownWhole("mqtt", { mappings: [{ filter: "a", payload: "number", write }] })).toBe(false);
    expect(isShownWhole("modbus", { ...modbus, groups: [{ ...modbus.groups[0], report: "every" }] })).toBe(
      false,
    );
  });

  it("takes a decimal comma, and never shows a secret", () => {
    expect(configOf("modbus", { fields: { host: "h", timeoutMs: "1500,5" }, rows: [] })).toMatchObject({
      timeoutMs: 1500.5,
    });
    expect(formOf("sparkplug", { group: "g", node: "n", password: "secret" }).fields["password"]).toBe("");
  });
});
