import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { Server } from "socket.io";
import { deviceServerOptions } from "./wire.contract.ts";

/** The edge's listener for devices on a free port, for tests. */
export async function listener() {
  const http = createServer();
  const connections = new Set<NetSocket>();
  http.on("connection", (socket) => connections.add(socket));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const server = new Server(http, deviceServerOptions);
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    /** Breaks every connection as a switch without power does. */
    cut: () => {
      for (const socket of connections) socket.destroy();
    },
    close: () => server.close(),
  };
}
