import type { Config } from "#server/core/config.ts";
import { checkPort, steadyPort, type WantedPort } from "./checks.ts";
import type { Ports } from "./environment.ts";
import type { Folders } from "./folders.ts";
import { Problem } from "./problem.ts";

/** Turns zeros into free ports. @throws Problem for a taken one, with the setting that moves it */
export async function choosePorts(config: Config, folders: Folders): Promise<Ports> {
  const wanted: WantedPort[] = [
    { port: config.PORT, setting: "PORT" },
    { port: config.HTTPS_PORT, setting: "HTTPS_PORT" },
    { port: config.DEVICE_PORT, setting: "DEVICE_PORT", host: config.DEVICE_HOST },
  ];
  if (config.MQTT_URL === undefined)
    wanted.push({ port: config.MQTT_PORT, setting: "MQTT_PORT", host: config.DEVICE_HOST });
  if (config.DEMO) wanted.push({ port: config.OPCUA_PORT, setting: "OPCUA_PORT", host: "127.0.0.1" });
  const given = wanted.filter(({ port }) => port !== 0);
  for (const [i, one] of given.entries()) {
    const twin = given.slice(0, i).find((other) => other.port === one.port);
    if (twin !== undefined)
      throw new Problem(
        `The settings ${twin.setting} and ${one.setting} name the same port ${one.port}: choose another for one of them.`,
      );
    await checkPort(one);
  }
  const taken = new Set(given.map(({ port }) => port));
  const free = async (port: number): Promise<number> => {
    if (port !== 0) return port;
    const found = await steadyPort(`${folders.house}/${taken.size}`, taken);
    taken.add(found);
    return found;
  };
  return {
    http: await free(config.PORT),
    https: await free(config.HTTPS_PORT),
    mqtt: await free(config.MQTT_PORT),
    device: await free(config.DEVICE_PORT),
    web: await free(0),
    plantControl: await free(0),
    opcUa: await free(config.OPCUA_PORT),
  };
}
