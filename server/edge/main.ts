import { readFile } from "node:fs/promises";
import { systemClock } from "#server/core/clock.ts";
import { createLogger } from "#server/core/log.ts";
import { startServices } from "#server/core/services.ts";
import { parseEdgeConfig } from "./edge-config.ts";
import { createEdge } from "./edge.ts";
import { enrolEdge } from "./enrol-edge.ts";

/** The edge process. Everything it answered as stored survives a kill -9 at any moment. */
async function main(): Promise<void> {
  // The one place where this process reads its environment.
  // oxlint-disable-next-line node/no-process-env
  const config = parseEdgeConfig(process.env);
  const log = createLogger("edge", config.LOG_LEVEL);
  const serverCa = config.serverCaFile === null ? null : await secret(config.serverCaFile, "SERVER_CA_FILE");
  const { enrolCode, serverUrl, folder } = config;
  const enrolled =
    enrolCode === null ? null : await enrolEdge({ folder, code: enrolCode, serverUrl, serverCa });
  const edge = await createEdge({
    ...(enrolled ?? {
      code: config.code,
      token: await secret(config.tokenFile, "EDGE_TOKEN_FILE"),
      publicKey: await secret(config.publicKeyFile, "SERVER_PUBLIC_KEY_FILE"),
    }),
    serverUrl,
    serverCa,
    folder,
    mqttPort: config.MQTT_PORT,
    mqttUrl: config.MQTT_URL ?? null,
    devicePort: config.DEVICE_PORT,
    deviceHost: config.DEVICE_HOST,
    version: await version(),
    clock: systemClock,
    log,
  });
  const stop = await startServices(edge.services, log);
  log.info({ mqtt: edge.broker?.port, devices: edge.devices.port, server: config.serverUrl }, "edge runs");
  const signals = ["SIGTERM", "SIGINT"] as const;
  const end = () => {
    for (const signal of signals) process.off(signal, end);
    // Nothing is lost if this takes too long and somebody kills the process.
    void stop().then(() => process.exit(0));
  };
  for (const signal of signals) process.on(signal, end);
}

async function secret(file: string, setting: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new Error(`The file ${file} cannot be read: set ${setting} to the right one.`, { cause: error });
  }
}

async function version(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
