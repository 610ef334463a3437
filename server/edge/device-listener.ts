import { createServer } from "node:http";
import { Server } from "socket.io";
import type { Service } from "#server/core/services.ts";
import { deviceServerOptions } from "#server/device/socketio/wire.contract.ts";
import { listen } from "./listen.ts";

export interface DeviceListener extends Service {
  /** Where the socket.io drivers open their doors. */
  readonly io: Server;
  readonly port: number;
}

/** The edge's own socket.io listener for devices; the drivers decide who comes in. */
export function createDeviceListener(port: number, host = "127.0.0.1"): DeviceListener {
  const http = createServer((_request, response) => {
    response.writeHead(404).end();
  });
  const io = new Server(http, deviceServerOptions);
  let bound = port;
  return {
    name: "device-listener",
    io,
    get port() {
      return bound;
    },
    async start() {
      bound = await listen(http, port, host, "DEVICE_PORT");
    },
    async stop() {
      await io.close();
    },
  };
}
