import type { Server } from "node:http";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { z } from "zod";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import { createDevice, type DeviceReading } from "../socketio/client-example.ts";
import type { DeviceWrite, DeviceWriteAnswer } from "../socketio/wire.contract.ts";
import { hostApplicationId } from "../sparkplug/driver.ts";
import { createControl } from "./control.ts";
import { plantMachines, type PlantSource, plantSources } from "./layout.ts";
import { metricsFor } from "./metrics.ts";
import { gridMs, Plant, type Sample } from "./physics/plant.ts";
import type { OpcUaOutlet } from "./opcua-outlet.ts";
import { PlantLog } from "./plant-log.ts";
import { type NodeSample, SparkplugNode } from "./sparkplug-node.ts";

/** What the environment may say to the plant process. */
export const PlantEnvironment = z.object({
  MQTT_URL: z.url({ protocol: /^(mqtts?|wss?)$/ }).default("mqtt://127.0.0.1:1883"),
  DEVICE_URL: z.url({ protocol: /^https?$/ }).default("http://127.0.0.1:3010"),
  PLANT_CONTROL_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  DEMO_SPEED: z.coerce.number().min(1).max(200).default(20),
  PACKER_TOKEN: z.string().min(1).max(256),
  /** Port of the machining cell's OPC UA server; 0 = a free one. */
  OPCUA_PORT: z.coerce.number().int().min(0).max(65_535).default(4840),
  /** Folder of that server's certificate. */
  PLANT_OPCUA_DIR: z.string().min(1),
  PLANT_SEED: z.coerce.number().int().min(0).max(4_294_967_295).default(1),
  PLANT_LOG: z.string().optional(),
  /** Name of the edge whose drivers are the primary hosts of the Sparkplug nodes; without it they wait for none. */
  PLANT_PRIMARY_HOST: z.string().optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
});
export type PlantConfig = z.infer<typeof PlantEnvironment>;

/** @throws Error with one clear sentence naming the variable. */
export function parsePlantConfig(env: Readonly<Record<string, string | undefined>>): PlantConfig {
  const parsed = PlantEnvironment.safeParse(env);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`The setting ${issue?.path.join(".") ?? ""} is wrong: ${issue?.message ?? "invalid"}.`);
}

/** A machine's way out: Sparkplug node, socket.io device or OPC UA server. */
interface Outlet {
  readonly source: string;
  put(samples: readonly Sample[]): void;
  connected(): boolean;
  stop(): Promise<void>;
}

/** Readings each source keeps while its link is down. */
const storeCapacity = 50_000;

export interface PlantProcess {
  /** Port of the control listener. */
  readonly controlPort: number;
  readonly plant: Plant;
  /** Where the OPC UA server of the machining cell is reached. */
  readonly opcUaUrl: string;
  stop(): Promise<void>;
}

/** Starts the machines, their links (which connect for ever) and the control listener. */
export async function startPlant(config: PlantConfig, clock: Clock, log: Logger): Promise<PlantProcess> {
  const plant = new Plant({ seed: config.PLANT_SEED, speed: config.DEMO_SPEED, startAt: clock.now() });
  const plantLog = new PlantLog(config.PLANT_LOG);
  const shared = { config, plant, plantLog, clock, log };
  const outlets: Outlet[] = plantSources
    .filter(({ driver }) => driver !== "opcua")
    .map((source) => (source.driver === "sparkplug" ? sparkplugOutlet : deviceOutlet)(source, shared));
  const sourceOf = new Map(plantMachines.map((machine) => [machine.code, machine.source]));
  const timer = setInterval(() => {
    const samples = plant.advanceTo(clock.now());
    for (const outlet of outlets) {
      const own = samples.filter((sample) => sourceOf.get(sample.machine) === outlet.source);
      if (own.length > 0) outlet.put(own);
    }
  }, gridMs);

  const links = () => Object.fromEntries(outlets.map((outlet) => [outlet.source, outlet.connected()]));
  const control = createControl({ plant, log: plantLog, links });
  const controlPort = await listen(control, config.PLANT_CONTROL_PORT);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(outlets.map((outlet) => outlet.stop()));
    control.closeAllConnections();
    await new Promise<void>((resolve) => control.close(() => resolve()));
    plantLog.close();
  };
  // Last, because the library takes a second to load: the other machines do not wait for it.
  const opcUa = plantSources.filter(({ driver }) => driver === "opcua");
  const cells = await Promise.all(opcUa.map((source) => opcUaOutlet(source, shared))).catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  outlets.push(...cells);
  log.info({ controlPort, speed: config.DEMO_SPEED, seed: config.PLANT_SEED }, "the plant runs");
  return { controlPort, plant, opcUaUrl: cells[0]?.url ?? "", stop };
}

interface Shared {
  readonly config: PlantConfig;
  readonly plant: Plant;
  readonly plantLog: PlantLog;
  readonly clock: Clock;
  readonly log: Logger;
}

function dropped(source: string, log: Logger) {
  return (count: number): void =>
    log.warn({ source, count }, "the source's store is full: oldest readings dropped");
}

function sparkplugOutlet(source: PlantSource, { config, plant, plantLog, clock, log }: Shared): Outlet {
  const machines = plantMachines.filter((machine) => machine.source === source.code);
  const toNode = (sample: Sample): NodeSample => ({
    device: sample.machine,
    name: sample.metric.name,
    at: sample.at,
    value: sample.value,
  });
  const host = config.PLANT_PRIMARY_HOST;
  const { group = "", node: name = "" } = source.config;
  const node = new SparkplugNode({
    url: config.MQTT_URL,
    group,
    node: name,
    devices: new Map(machines.map((m) => [m.code, metricsFor(m.kind, config.DEMO_SPEED)])),
    ...(host !== undefined && { primaryHost: hostApplicationId(host, group, name) }),
    capacity: storeCapacity,
    clock,
    log,
    present: (device) => plant.present(device).map(toNode),
    onWrite: (device, metric, value) => {
      const ignored = plant.write(device, metric, value);
      plantLog.noteWrite({ metric: `${device}/${metric}`, value, at: clock.now(), ignored });
      return ignored;
    },
    onSent: (samples, historical) => {
      plantLog.add(
        samples.map(({ device, name, at, value }) => ({
          source: source.code,
          metric: `${device}/${name}`,
          at,
          value: typeof value === "bigint" ? Number(value) : value,
          historical,
        })),
      );
    },
    onDropped: dropped(source.code, log),
  });
  node.start();
  return {
    source: source.code,
    put: (samples) => node.put(samples.map(toNode)),
    connected: () => node.born,
    stop: () => node.stop(),
  };
}

function deviceOutlet(source: PlantSource, { config, plant, plantLog, clock, log }: Shared): Outlet {
  const onWrite = ({ metric, value }: DeviceWrite): DeviceWriteAnswer => {
    const [machine = "", name = ""] = metric.split("/");
    const reason = plant.write(machine, name, value);
    plantLog.noteWrite({ metric, value, at: clock.now(), ignored: reason });
    log.info({ metric, value, reason }, reason === null ? "write obeyed" : "write ignored");
    return reason === null ? { result: "accepted" } : { result: "refused", reason };
  };
  const device = createDevice({
    url: config.DEVICE_URL,
    source: source.code,
    token: config.PACKER_TOKEN,
    session: randomUUID(),
    clock,
    capacity: storeCapacity,
    onWrite,
    onSent: (readings: readonly DeviceReading[], historical) => {
      plantLog.add(
        readings.map(({ metric, at, value }) => ({
          source: source.code,
          metric,
          at,
          value: typeof value === "object" ? null : value,
          historical,
        })),
      );
    },
    onDropped: dropped(source.code, log),
    onProblem: (reason) => log.warn({ source: source.code, reason }, "the edge does not take it"),
  });
  return {
    source: source.code,
    put: (samples) =>
      device.put(
        samples.map(({ machine, metric, at, value }) => ({
          metric: `${machine}/${metric.name}`,
          at,
          value,
          unit: metric.unit,
        })),
      ),
    connected: () => device.connected(),
    stop: () => {
      device.stop();
      return Promise.resolve();
    },
  };
}

async function opcUaOutlet(
  source: PlantSource,
  { config, plant, plantLog, clock, log }: Shared,
): Promise<Outlet & Pick<OpcUaOutlet, "url">> {
  // The library is heavy; only a plant with such machines carries it.
  const { startOpcUaOutlet } = await import("./opcua-outlet.ts");
  const machines = plantMachines.filter((machine) => machine.source === source.code);
  const outlet = await startOpcUaOutlet({
    port: config.OPCUA_PORT,
    folder: config.PLANT_OPCUA_DIR,
    machines: new Map(machines.map((m) => [m.code, metricsFor(m.kind, config.DEMO_SPEED)])),
    clock,
    log,
    present: (machine) => plant.present(machine),
    onWrite: (machine, metric, value) => {
      const ignored = plant.write(machine, metric, value);
      plantLog.noteWrite({ metric: `${machine}/${metric}`, value, at: clock.now(), ignored });
      return ignored;
    },
    onSaid: (samples) =>
      plantLog.add(
        samples.map(({ machine, metric, at, value }) => ({
          source: source.code,
          metric: `${machine}/${metric.name}`,
          at,
          value,
          historical: false,
        })),
      ),
  });
  return { ...outlet, source: source.code };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
