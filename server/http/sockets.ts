import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { Server as SocketServer } from "socket.io";
import { maxBlockBytes } from "#server/edge/uplink.contract.ts";
import { screensNamespace } from "#server/realtime/protocol.contract.ts";
import type { Auth } from "./auth.ts";
import type { Identity } from "./identity.ts";

const path = "/socket.io/";
/** What a screen may send in one message: it only ever says what it watches. */
const maxScreenMessage = 64 * 1024;

export const isSocketPath = (requested: string): boolean => requested.startsWith(path.slice(0, -1));

/**
 * The socket server: WebSocket only, so that cookies and Origin are checked at one handshake; a dead peer is
 * noticed within ten seconds. @param allow decides on each handshake
 */
export function createSockets(allow: (request: IncomingMessage) => boolean): SocketServer {
  const io = new SocketServer({
    path,
    serveClient: false,
    transports: ["websocket"],
    allowUpgrades: false,
    pingInterval: 5000,
    pingTimeout: 5000,
    connectTimeout: 10_000,
    // One block of an edge and its frame; screens are held to less below.
    maxHttpBufferSize: maxBlockBytes + 4096,
    perMessageDeflate: false,
    httpCompression: false,
    allowRequest: (request, answer) => answer(null, allow(request)),
  });
  io.of(screensNamespace).use((socket, next) => {
    socket.conn.on("packet", (packet: { data?: unknown }) => {
      const size = typeof packet.data === "string" || packet.data instanceof Buffer ? packet.data.length : 0;
      if (size > maxScreenMessage) socket.conn.close();
    });
    next();
  });
  return io;
}

/** Serves the sockets on one more HTTP server; other upgrades go to `elsewhere`. */
export function attachSockets(
  io: SocketServer,
  server: HttpServer,
  elsewhere: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): void {
  const options = { path, destroyUpgrade: false } as const;
  // The first server makes the engine; a second one shares it.
  if ((io as { engine?: unknown }).engine === undefined) io.attach(server, options);
  else io.engine.attach(server, options);
  server.on("upgrade", (request, socket, head) => {
    if (!isSocketPath((request.url ?? "/").split("?")[0] ?? "/")) elsewhere(request, socket, head);
  });
}

/** The rooms a screen's socket joins, so that it can be cut when what it came in with ends. */
export function sessionRooms({ session, actor, stationId }: Identity): string[] {
  const rooms: string[] = [];
  if (session !== null) rooms.push(`session:${session.id}`);
  if (actor.personId !== undefined) rooms.push(`person:${actor.personId}`);
  if (stationId !== null) rooms.push(`device-of:${stationId}`);
  return rooms;
}

/** Who a socket is, from the cookies of its handshake. */
export function identityOfHandshake(
  auth: Pick<Auth, "identify">,
  handshake: { readonly headers: { readonly cookie?: string | undefined } },
): Promise<Identity> {
  return auth.identify(
    new Headers(handshake.headers.cookie === undefined ? {} : { cookie: handshake.headers.cookie }),
  );
}

/** Cuts the screens whose session ended; they come back as what is left. @returns a function that ends this */
export function cutEndedSockets(io: SocketServer, auth: Pick<Auth, "onSessionEnded">): () => void {
  return auth.onSessionEnded(({ sessionIds = [], personId, stationId }) => {
    const rooms = sessionIds.map((id) => `session:${id}`);
    if (personId !== undefined) rooms.push(`person:${personId}`);
    if (stationId !== undefined) rooms.push(`device-of:${stationId}`);
    if (rooms.length > 0) io.of(screensNamespace).in(rooms).disconnectSockets(true);
  });
}
