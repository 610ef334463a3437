import { dirname, join } from "node:path";
import type { Config } from "#server/core/config.ts";
import type { Folders } from "./folders.ts";
import { secretPath } from "./secrets.ts";

/** Ports as they really are: a 0 of the configuration has become a free port. */
export interface Ports {
  readonly http: number;
  readonly https: number;
  /** `next start`, loopback. */
  readonly web: number;
  /** The broker inside the edge, loopback; unused with an own `MQTT_URL`. */
  readonly mqtt: number;
  /** The edge's listener for socket.io devices, loopback. */
  readonly device: number;
  /** The simulated plant's hand (POST /fault, GET /log, GET /state), loopback. */
  readonly plantControl: number;
  /** The OPC UA server of the simulated lathes, loopback. */
  readonly opcUa: number;
}

export interface EnvironmentInput {
  readonly config: Config;
  readonly folders: Folders;
  readonly ports: Ports;
  /** Where the edge finds the server's door, on loopback. */
  readonly serverUrl: string;
  /** What single parts are told besides, by a test. */
  readonly variables: Readonly<Partial<Record<ChildName, Variables>>>;
  /** As role `app`: reads and writes, no DDL, no change of the audit. */
  readonly databaseUrl: string;
  /** As owner: migrates, makes partitions by hand. Only the seed, a backup and the tests get it. */
  readonly ownerUrl: string;
  readonly certificate: { readonly cert: string; readonly key: string; readonly ca: string | null };
  readonly packerToken: string;
  /** Where the plant writes down all it sent, for a test that compares; null = nowhere. */
  readonly plantLog: string | null;
  /** Of the screens; another one makes open screens load themselves again. */
  readonly buildId: string;
  readonly dev: boolean;
}

export type ChildName = "server" | "edge" | "web" | "plant" | "seed" | "backup";
type Variables = Readonly<Record<string, string>>;

/** The code of the gateway that `npm start` brings. */
export const edgeCode = "edge-1";

/**
 * What each process finds in its environment. All of them get the settings of `server/core/config.ts` as they
 * are in force (`PORT` 0 already resolved, `DATA_DIR` absolute and the plant's own, so that the demo's queue and
 * uploads are apart), and these:
 *
 * | variable | who | meaning |
 * |---|---|---|
 * | `DATABASE_URL` | server, web, seed, backup | the database, as role `app`. The edge and the plant never get it |
 * | `OWNER_DATABASE_URL` | seed, backup | the same database, as its owner |
 * | `HOUSE_ROOT` | backup | the folder that DATA_DIR named, of which a demo's is a part |
 * | `SECRETS_DIR` | server, web, seed | folder of 0600 files: `session-secret`, `pin-pepper`, `document-key.pem` (Ed25519, private), `document-key.pub.pem`, `edge-token`, `packer-token`; one line each, hex where not PEM |
 * | `WEB_ORIGIN` | server | where the door finds Next, `http://127.0.0.1:<port>` |
 * | `BUILD_ID` | server | which screens are served; a change makes open screens reload |
 * | `TLS_CERT`, `TLS_KEY` | server | PEM files of the door's https |
 * | `TLS_CA` | server | PEM file of the local authority, for the trust page; absent with an own certificate |
 * | `EDGE_CODE` | edge, seed | `edge-1` |
 * | `EDGE_TOKEN_FILE` | edge, seed | file with the token that the edge shows to `/ingest` |
 * | `SERVER_PUBLIC_KEY_FILE` | edge | PEM of the key that signs the edge's document |
 * | `SERVER_URL` | edge | the server's door on loopback, `http://127.0.0.1:<PORT>` |
 * | `MQTT_URL` | edge only if an own broker is configured; plant always | where Sparkplug is spoken |
 * | `DEVICE_URL` | plant | the edge's socket.io listener for devices |
 * | `PLANT_CONTROL_PORT` | plant, server | loopback port of the plant's hand |
 * | `PLANT_OPCUA_DIR` | plant, seed | folder of the certificate of the plant's OPC UA server |
 * | `PACKER_TOKEN` | plant | token that the packer shows to the edge |
 * | `PLANT_PRIMARY_HOST` | plant | the edge that its Sparkplug nodes wait for |
 * | `PLANT_LOG` | plant | file in which a test wants all that was sent, one JSON line a reading |
 */
export function childEnvironment(name: ChildName, input: EnvironmentInput): Variables {
  const { config, folders, ports } = input;
  const brokerUrl = config.MQTT_URL ?? `mqtt://127.0.0.1:${ports.mqtt}`;
  const common = {
    NODE_ENV: input.dev ? "development" : "production",
    NEXT_TELEMETRY_DISABLED: "1",
    PORT: String(ports.http),
    HTTPS_PORT: String(ports.https),
    MQTT_PORT: String(ports.mqtt),
    DEVICE_PORT: String(ports.device),
    OPCUA_PORT: String(ports.opcUa),
    DEVICE_HOST: config.DEVICE_HOST,
    DATA_DIR: folders.house,
    HOSTS: config.HOSTS,
    DEMO: config.DEMO ? "1" : "0",
    DEMO_SPEED: String(config.DEMO_SPEED),
    ROLES: config.ROLES,
    LOG_LEVEL: config.LOG_LEVEL,
  };
  const broker = config.MQTT_URL === undefined ? {} : { MQTT_URL: config.MQTT_URL };
  const database = { DATABASE_URL: input.databaseUrl, SECRETS_DIR: folders.secrets };
  const edge = { EDGE_CODE: edgeCode, EDGE_TOKEN_FILE: secretPath(folders, "edge-token") };
  const certificate = {
    TLS_CERT: input.certificate.cert,
    TLS_KEY: input.certificate.key,
    ...(input.certificate.ca === null ? {} : { TLS_CA: input.certificate.ca }),
  };
  const cell = { PLANT_OPCUA_DIR: join(folders.house, "plant-opcua") };
  const control = { PLANT_CONTROL_PORT: String(ports.plantControl) };
  switch (name) {
    case "server":
      return {
        ...common,
        ...broker,
        ...database,
        ...certificate,
        ...(config.DEMO ? control : {}),
        BUILD_ID: input.buildId,
        WEB_ORIGIN: `http://127.0.0.1:${ports.web}`,
      };
    case "web":
      // Next reads PORT itself; its own port comes by its command line.
      return { ...common, ...database };
    case "edge":
      return {
        ...common,
        ...broker,
        ...edge,
        SERVER_PUBLIC_KEY_FILE: secretPath(folders, "document-key.pub.pem"),
        SERVER_URL: input.serverUrl,
      };
    case "plant":
      return {
        ...common,
        ...control,
        ...cell,
        MQTT_URL: brokerUrl,
        DEVICE_URL: `http://127.0.0.1:${ports.device}`,
        PACKER_TOKEN: input.packerToken,
        PLANT_PRIMARY_HOST: edgeCode,
        ...(input.plantLog === null ? {} : { PLANT_LOG: input.plantLog }),
      };
    case "backup":
      return {
        ...common,
        DATABASE_URL: input.databaseUrl,
        OWNER_DATABASE_URL: input.ownerUrl,
        HOUSE_ROOT: dirname(folders.certificates),
      };
    case "seed":
      return { ...common, ...broker, ...database, ...edge, ...cell, OWNER_DATABASE_URL: input.ownerUrl };
    default:
      return name satisfies never;
  }
}
