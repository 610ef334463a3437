import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { Random } from "#server/device/simulator/physics/random.ts";
import { FaultProxy } from "./tcp-proxy.ts";

/** A server that says back what it hears, behind a wire. */
let server: Server;
let wire: FaultProxy;
const sockets: Socket[] = [];
const patience = { timeout: 5000, interval: 10 };

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const target = typeof address === "object" && address !== null ? address.port : 0;
  wire = await FaultProxy.open({ clock: systemClock, random: new Random(1), target });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await wire.close();
  server.close();
});

async function dial(): Promise<{ socket: Socket; heard: () => string; ended: () => string | null }> {
  const socket = connect({ port: wire.port, host: "127.0.0.1" });
  sockets.push(socket);
  let [heard, ended]: [string, string | null] = ["", null];
  socket.on("data", (chunk) => (heard += chunk.toString("latin1")));
  socket.on("error", (error: NodeJS.ErrnoException) => (ended = error.code ?? "error"));
  socket.on("close", () => (ended ??= "closed"));
  await once(socket, "connect");
  return { socket, heard: () => heard, ended: () => ended };
}

test("a good wire carries everything both ways, in order, and its end", async () => {
  const { socket, heard, ended } = await dial();
  const said = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join("");
  socket.end(said);
  await vi.waitFor(() => expect(ended()).toBe("closed"), patience);
  expect(heard()).toBe(said);
});

test("a silent wire ends nothing and says nothing, one way or both", async () => {
  const { socket, heard, ended } = await dial();
  wire.wire = { silent: ["down"] };
  socket.write("lost");
  await vi.waitFor(() => expect(wire.done.swallowed).toBe(4), patience);
  wire.wire = {};
  socket.write("heard");
  await vi.waitFor(() => expect(heard()).toBe("heard"), patience);
  expect(ended()).toBeNull();
});

test("a cut resets the connection in the middle of what passes", async () => {
  const { socket, heard, ended } = await dial();
  wire.wire = { cut: 1 };
  socket.write("x".repeat(1000));
  await vi.waitFor(() => expect(ended()).toBe("ECONNRESET"), patience);
  expect(heard().length).toBeLessThan(1000);
  expect(wire.done.resets).toBe(1);
});

test("a corrupt wire turns one bit of a chunk", async () => {
  const { socket, heard } = await dial();
  wire.wire = { corrupt: 1 };
  socket.write("aaaa");
  await vi.waitFor(() => expect(heard()).toHaveLength(4), patience);
  const turned = Buffer.from(heard(), "latin1").map((byte) => byte ^ 0x61);
  const bits = [...turned].reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
  // Once on its way there, once back.
  expect([0, 2]).toContain(bits);
  expect(wire.done.corrupted).toBe(2);
});

test("a wire that lets nobody in resets who dials", async () => {
  wire.wire = { refuse: true };
  const socket = connect({ port: wire.port, host: "127.0.0.1" });
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
});

test("a slow wire takes its time", async () => {
  const { socket, heard } = await dial();
  wire.wire = { delayMs: 100 };
  const began = systemClock.monotonic();
  socket.write("slow");
  await vi.waitFor(() => expect(heard()).toBe("slow"), patience);
  expect(systemClock.monotonic() - began).toBeGreaterThan(190);
});
