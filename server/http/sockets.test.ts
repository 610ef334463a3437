import { type Socket, io as connectSocket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "./door-testing.ts";
import { createEndings } from "./endings.ts";
import { cutEndedSockets, sessionRooms } from "./sockets.ts";

let house: TestDoor;
const endings = createEndings();

beforeAll(async () => {
  house = await openTestDoor({ fetch: () => new Response() }, ({ io }) => {
    io.of("/screens").on("connection", (socket) => {
      const id = String(socket.handshake.auth["session"]);
      const session = { kind: "badge", id, until: 0 } as const;
      const rooms = sessionRooms({
        session,
        actor: { kind: "nobody", name: "", roles: [] },
        stationId: null,
      });
      socket.on("watch", (_what: unknown, answer: (text: string) => void) => answer("watching"));
      void socket.join(rooms);
    });
    io.of("/ingest").on("connection", (socket) => {
      socket.on("block", (frame: Uint8Array, answer: (bytes: number) => void) => answer(frame.byteLength));
    });
    cutEndedSockets(io, { onSessionEnded: (listener) => endings.listen(listener) });
  });
});
afterAll(() => house.close());

test("a socket is opened by our own pages and by devices, not by other pages, and not by polling", async () => {
  const own = `http://localhost:${house.door.ports().http}`;
  expect(await house.handshake({ origin: own })).toMatch(/^HTTP\/1.1 101/);
  expect(await house.handshake({})).toMatch(/^HTTP\/1.1 101/);
  for (const origin of ["https://evil.example", own.replace("http", "https"), "null", "http://localhost"]) {
    expect([origin, await house.handshake({ origin })]).toEqual([
      origin,
      expect.stringMatching(/^HTTP\/1.1 400[^]*Forbidden$/),
    ]);
  }
  expect((await house.ask("/socket.io/?EIO=4&transport=polling")).status).toBe(400);
});

test("the hot reload of development passes to Next, but only for our own pages", async () => {
  const hmr = "/_next/webpack-hmr";
  expect(await house.handshake({ origin: `http://localhost:${house.door.ports().http}` }, hmr)).toMatch(
    /^HTTP\/1.1 101[^]*/,
  );
  expect(await house.handshake({ origin: "https://evil.example" }, hmr)).toMatch(/^HTTP\/1.1 403/);
});

function open(namespace: string, options: { tls?: boolean; session?: string } = {}): Socket {
  const { http, https } = house.door.ports();
  const url =
    options.tls === true ? `https://localhost:${https}${namespace}` : `http://localhost:${http}${namespace}`;
  const auth = options.session === undefined ? {} : { session: options.session };
  return connectSocket(url, {
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    ca: house.ca,
    auth,
  });
}

test("an edge's block of 256 KB arrives on http and on https; a screen may say far less", async () => {
  for (const tls of [false, true]) {
    const edge = open("/ingest", { tls });
    expect(await edge.emitWithAck("block", new Uint8Array(256 * 1024))).toBe(256 * 1024);
    edge.disconnect();
  }
  const screen = open("/screens");
  expect(await screen.emitWithAck("watch", { scopes: ["plant"] })).toBe("watching");
  const closed = new Promise((resolve) => screen.once("disconnect", resolve));
  screen.emit("watch", { scopes: ["x".repeat(70_000)] }, () => {});
  expect(await closed).toBe("transport close");
});

test("signing off cuts the person's sockets and nobody else's", async () => {
  const [ada, ben] = [open("/screens", { session: "ada" }), open("/screens", { session: "ben" })];
  await ada.emitWithAck("watch", {});
  await ben.emitWithAck("watch", {});
  const cut = new Promise((resolve) => ada.once("disconnect", resolve));
  endings.announce({ sessionIds: ["ada"] });
  expect(await cut).toMatch(/server disconnect|transport close/);
  expect(await ben.emitWithAck("watch", {})).toBe("watching");
  ben.disconnect();
});
