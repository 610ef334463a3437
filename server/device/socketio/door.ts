import { createHash, timingSafeEqual } from "node:crypto";
import type { Namespace, Server, Socket } from "socket.io";
import { DeviceAuth, type DeviceToEdge, deviceNamespace, type EdgeToDevice } from "./wire.contract.ts";

export type DeviceSocket = Socket<DeviceToEdge, EdgeToDevice>;

/** One source that may connect: whose token opens it, and who speaks with it. */
export interface Endpoint {
  /** SHA-256 of the token, hex; null = nobody gets in. */
  readonly tokenHash: string | null;
  connected(socket: DeviceSocket, session: string): void;
}

/**
 * The one namespace all socket.io sources of an edge share. Who is let in is decided before a device is heard; the
 * answer to a wrong source and to a wrong token is the same, and takes as long.
 */
export class DeviceDoor {
  static readonly #doors = new WeakMap<Server, DeviceDoor>();
  readonly #endpoints = new Map<string, Endpoint>();

  static of(server: Server): DeviceDoor {
    const known = DeviceDoor.#doors.get(server);
    if (known !== undefined) return known;
    const door = new DeviceDoor(server.of(deviceNamespace));
    DeviceDoor.#doors.set(server, door);
    return door;
  }

  constructor(namespace: Namespace<DeviceToEdge, EdgeToDevice>) {
    namespace.use((socket, next) => {
      const auth = DeviceAuth.safeParse(socket.handshake.auth);
      if (!auth.success) return next(new Error("auth must be { source, token, session }"));
      const known = this.#opens(auth.data);
      return known ? next() : next(new Error("source or token is wrong"));
    });
    namespace.on("connection", (socket) => {
      const { source, session } = DeviceAuth.parse(socket.handshake.auth);
      const endpoint = this.#endpoints.get(source);
      if (endpoint === undefined) socket.disconnect(true);
      else endpoint.connected(socket, session);
    });
  }

  /** @throws Error when the source is open already: two drivers would split its readings. */
  open(source: string, endpoint: Endpoint): void {
    if (this.#endpoints.has(source)) throw new Error(`the source ${source} is open already`);
    this.#endpoints.set(source, endpoint);
  }

  close(source: string): void {
    this.#endpoints.delete(source);
  }

  #opens({ source, token }: DeviceAuth): boolean {
    const expected = Buffer.alloc(32);
    const stored = Buffer.from(this.#endpoints.get(source)?.tokenHash ?? "", "hex");
    stored.copy(expected);
    const shown = createHash("sha256").update(token).digest();
    return timingSafeEqual(shown, expected) && stored.length === 32;
  }
}
