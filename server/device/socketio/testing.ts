import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { afterEach } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { RecordingSink } from "../driver-contract.ts";
import type { Driver } from "../driver.contract.ts";
import { createSocketIoDriver } from "./driver.ts";
import { deviceNamespace, deviceServerOptions } from "./wire.contract.ts";

export const token = "a token of the packer";
export const tokenHash = createHash("sha256").update(token).digest("hex");

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

const sockets: Socket[] = [];
export const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  for (const close of closers.splice(0)) await close();
});

/** A device that greets with `auth`; resolves after the edge's `hello`. @throws the edge's refusal. */
export function connected(url: string, auth: object): Promise<Socket> {
  const socket = io(url + deviceNamespace, { auth, transports: ["websocket"], forceNew: true });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.once("hello", () => resolve(socket));
    socket.once("connect_error", reject);
  });
}

export async function started(
  sink: RecordingSink,
): Promise<{ url: string; driver: Driver; session: string }> {
  const { server, url, close } = await listener();
  const options = { server, source: "packing", config: {}, tokenHash, clock: systemClock, log: silentLogger };
  const driver = createSocketIoDriver(options);
  await driver.start(sink, new AbortController().signal);
  closers.push(async () => {
    await driver.stop();
    await close();
  });
  return { url, driver, session: "s1" };
}

export const send = (socket: Socket, batch: unknown): Promise<unknown> =>
  socket.timeout(2000).emitWithAck("readings", batch);
export const batch = (id: number, ...rows: unknown[]) => ({ v: 1, id, metrics: ["m/Number"], rows });
