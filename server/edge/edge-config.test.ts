import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseEdgeConfig } from "./edge-config.ts";

it("finds its files in the data folder and the server on this computer", () => {
  expect(parseEdgeConfig({ DATA_DIR: "/var/lib/plant", PORT: "4000" })).toMatchObject({
    code: "edge-1",
    folder: "/var/lib/plant/edge",
    tokenFile: "/var/lib/plant/edge/token",
    publicKeyFile: "/var/lib/plant/keys/document.pub",
    serverUrl: "http://127.0.0.1:4000",
  });
});

it("names the setting that is wrong", () => {
  expect(() => parseEdgeConfig({ SERVER_URL: "plant" })).toThrow("SERVER_URL");
  expect(() => parseEdgeConfig({ MQTT_PORT: "many" })).toThrow("MQTT_PORT");
});

it("ends with one clear sentence when a file is missing", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "main.ts")], {
    env: {
      NODE_ENV: "test",
      PATH: process.env["PATH"] ?? "",
      DATA_DIR: "/nowhere",
      EDGE_TOKEN_FILE: "/nowhere/token",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  expect(said).toBe("The file /nowhere/token cannot be read: set EDGE_TOKEN_FILE to the right one.\n");
}, 30_000);
