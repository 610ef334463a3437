import { join } from "node:path";
import type { Server } from "socket.io";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver } from "#server/device/driver.contract.ts";
import type { EdgeFiles } from "#server/device/edge-files.ts";
import { createModbusDriver } from "#server/device/modbus/driver.ts";
import { createMqttDriver } from "#server/device/mqtt/driver.ts";
import { createOpcUaDriver } from "#server/device/opcua/driver.ts";
import { createReplayDriver } from "#server/device/replay/driver.ts";
import { createSocketIoDriver } from "#server/device/socketio/driver.ts";
import { createSparkplugDriver } from "#server/device/sparkplug/driver.ts";
import type { EdgeSource } from "./document.contract.ts";

/** What the edge has to offer to a driver. */
export interface DriverSetting {
  readonly clock: Clock;
  readonly log: Logger;
  /** The edge's code: who it is to the machines. */
  readonly code: string;
  readonly mqttUrl: () => string;
  readonly devices: Server;
  /** What a source's config may name on this computer. */
  readonly files: EdgeFiles;
  /** The edge's own folder: what a driver keeps lies in one of its own below. */
  readonly folder: string;
  /** The one folder that recordings are played from. */
  readonly recordings: string;
}

type Make = (source: EdgeSource, setting: DriverSetting) => Driver;

/** Every kind of driver there is, by the name that stands in `source.driver`. */
const makers: Readonly<Record<string, Make>> = {
  mqtt: ({ code: source, config }, { clock, log, code, mqttUrl, files }) =>
    createMqttDriver({ url: mqttUrl(), config, hostId: code, source, files, clock, log }),
  sparkplug: ({ config }, { clock, log, code, mqttUrl }) =>
    createSparkplugDriver({ url: mqttUrl(), config, hostId: code, clock, log }),
  socketio: ({ code, config, tokenHash }, { clock, log, devices }) =>
    createSocketIoDriver({ server: devices, source: code, config, tokenHash, clock, log }),
  modbus: ({ code, config }, { clock, log }) => createModbusDriver({ source: code, config, clock, log }),
  opcua: ({ code: source, config }, { clock, log, code, folder, files }) =>
    createOpcUaDriver({ source, config, folder: join(folder, "opcua"), hostId: code, files, clock, log }),
  replay: ({ code, config }, { clock, log, recordings }) =>
    createReplayDriver({ source: code, config, folder: recordings, clock, log }),
};

/** @throws Error when there is no such driver or its config is wrong. */
export function createDriver(source: EdgeSource, setting: DriverSetting): Driver {
  const make = Object.hasOwn(makers, source.driver) ? makers[source.driver] : undefined;
  if (make === undefined) throw new Error(`There is no driver "${source.driver}" (source ${source.code}).`);
  return make(source, setting);
}
