import postgres from "postgres";
import { addArrayTypes } from "./array-types.ts";
import type { DriverQuery } from "./driver-query.ts";
import { ConnectionLost } from "./errors.ts";
import { QuietSocket } from "./quiet-socket.ts";

export type DriverOptions = postgres.Options<Record<string, postgres.PostgresType>>;

/** How an instance of the driver outside our pool ends: after its connection was lost it would wait for ever, s. */
export const endWithin = { timeout: 5 } as const;

/** One connection to Postgres, from its first query until it is closed or lost. Never used again after that. */
export interface Connection {
  /** Sends one query; the one before it must have settled. */
  run(query: DriverQuery): void;
  readonly lost: boolean;
  /** Called when it is lost; at once if it is already. */
  onLost(listener: () => void): void;
  /** Ends it; what runs on it is rejected. */
  close(): void;
}

/** A pool of the driver with settings that let it only make and read queries; nothing is sent through it. */
export function openDriver(url: string, options: DriverOptions): postgres.Sql {
  const sql = postgres(url, {
    ...options,
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    fetch_types: false,
  } as never);
  addArrayTypes(sql.options as never);
  return sql;
}

/**
 * The driver's own pool puts a lost connection back into use, in a state from which bytes may never be sent, queries
 * never settle and the process may end (all reproduced). So each connection is an instance of the driver with one
 * socket, thrown away when that socket ends.
 * @param like the instance whose parsers and serializers it shares
 */
export function openConnection(url: string, options: DriverOptions, like: postgres.Sql): Connection {
  let lost = false;
  let running: DriverQuery | null = null;
  const listeners: (() => void)[] = [];

  function lose(): void {
    if (lost) return;
    lost = true;
    // After the driver has told its own reason, if it has one.
    queueMicrotask(() => running?.reject(new ConnectionLost()));
    void sql.end({ timeout: 0 }).catch(() => {});
    for (const listener of listeners) listener();
  }

  const sockets = socketFactory(lose);
  const sql = openDriver(url, {
    ...options,
    socket: (given: SocketTarget) => {
      if (lost) throw new ConnectionLost();
      return sockets(given);
    },
  } as DriverOptions);
  Object.assign(sql.options.parsers, like.options.parsers);
  Object.assign(sql.options.serializers, like.options.serializers);
  // Never sent: it only shows how this instance runs a query.
  const { handler } = sql.unsafe("select") as unknown as DriverQuery;

  return {
    run(query) {
      running = query;
      handler(query);
    },
    get lost() {
      return lost;
    },
    onLost(listener) {
      if (lost) listener();
      else listeners.push(listener);
    },
    close: lose,
  };
}

interface SocketTarget {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/** Sockets that report their end; several hosts are tried in turn. */
export function socketFactory(onLost: () => void): (target: SocketTarget) => QuietSocket {
  return ({ host, port, path }) => {
    const socket = new QuietSocket(onLost);
    if (typeof path === "string") return socket.connect(path);
    const turn = Math.floor(Math.random() * host.length);
    return socket.connect(port[turn] ?? 5432, host[turn] ?? "localhost");
  };
}
