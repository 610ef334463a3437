import type { Server } from "socket.io";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { Driver } from "../driver.contract.ts";

export interface SocketIoDriverOptions {
  /** The edge's own device listener, made with `deviceServerOptions`; shared by all socket.io sources. */
  readonly server: Server;
  /** Code of the source: what the device says in `auth.source`. */
  readonly source: string;
  readonly config: unknown;
  /** SHA-256 of the device's token, hex; null = nobody gets in. */
  readonly tokenHash: string | null;
  readonly clock: Clock;
  readonly log: Logger;
}

export declare function createSocketIoDriver(options: SocketIoDriverOptions): Driver;
