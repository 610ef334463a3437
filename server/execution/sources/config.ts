import type { z } from "zod";
import { ModbusConfig } from "#server/device/modbus/modbus.contract.ts";
import { prepareMappings } from "#server/device/mqtt/mapping.ts";
import { MqttConfig } from "#server/device/mqtt/mqtt.contract.ts";
import { OpcUaConfig } from "#server/device/opcua/opcua.contract.ts";
import { ReplayConfig } from "#server/device/replay/replay.contract.ts";
import { SparkplugConfig } from "#server/device/sparkplug/sparkplug.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { SourceDriver } from "./sources.contract.ts";

type Config = Readonly<Record<string, unknown>>;

/** What each driver takes; null = it has no settings. */
const schemas: Readonly<Record<SourceDriver, z.ZodType | null>> = {
  sparkplug: SparkplugConfig,
  socketio: null,
  mqtt: MqttConfig,
  modbus: ModbusConfig,
  opcua: OpcUaConfig,
  replay: ReplayConfig,
};

/** What of a config is a secret: never given out again, and kept when a change leaves it out. */
const secrets = ["password"];

/**
 * The same reading of a config that its driver will make at the edge, so that a wrong one is refused at the door.
 * @returns what was given, to be stored as it is @throws Refusal `invalid` with the driver's own sentence
 */
export function checkedConfig(driver: SourceDriver, config: Config): Config {
  const schema = schemas[driver];
  if (schema === null) {
    const [surplus] = Object.keys(config);
    if (surplus === undefined) return config;
    throw new Refusal("invalid", { problem: `${driver} has no setting ${surplus}` }, `config.${surplus}`);
  }
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Refusal(
      "invalid",
      { problem: issue?.message ?? "invalid" },
      ["config", ...(issue?.path ?? [])].join("."),
    );
  }
  try {
    if (driver === "mqtt") prepareMappings(MqttConfig.parse(config).mappings);
  } catch (error) {
    throw new Refusal("invalid", { problem: error instanceof Error ? error.message : "invalid" }, "config");
  }
  return config;
}

/** A config without its secrets, as a screen may show it. */
export function shownConfig(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !secrets.includes(key)));
}

/** A changed config with the secrets of the one before, where it names none of its own. */
export function keptSecrets(before: Config, given: Config): Config {
  const kept = Object.entries(before).filter(([key]) => secrets.includes(key) && !(key in given));
  return { ...given, ...Object.fromEntries(kept) };
}
