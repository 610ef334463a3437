import type postgres from "postgres";
import {
  type Connection,
  type DriverOptions,
  openConnection,
  openDriver,
  socketFactory,
} from "./connection.ts";
import { type DriverQuery, onSettled, redirect } from "./driver-query.ts";
import { PoolEnded, QueryDeadline } from "./errors.ts";
import { keepListening, type Listening } from "./listen.ts";
import { runTransaction } from "./transaction.ts";

export interface PoolOptions extends DriverOptions {
  readonly max: number;
  /** After this long every query settles, waiting for a connection included, ms. */
  readonly deadlineMs: number;
  /** An idle connection is closed after this, ms. */
  readonly idleMs?: number;
}

export interface PoolFigures {
  /** Connections there are, at most `max`. */
  readonly open: number;
  readonly idle: number;
  /** Queries and transactions that wait for one. */
  readonly waiting: number;
  readonly max: number;
}

const figures = new WeakMap<object, () => PoolFigures>();

/** How full a pool of ours is now; null for what is none. */
export function poolFigures(sql: postgres.Sql): PoolFigures | null {
  return figures.get(sql)?.() ?? null;
}

interface Waiting {
  readonly start: (connection: Connection) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * A pool with the face of the driver's. One query at a time on a connection; a connection that is lost is never used
 * again, every query and every wait has a deadline, and a transaction stays on its connection or ends with it.
 */
export function openPool(
  url: string,
  { max, deadlineMs, idleMs = 60_000, ...options }: PoolOptions,
): postgres.Sql {
  const maker = openDriver(url, options);
  const connections = new Set<Connection>();
  const idle = new Map<Connection, NodeJS.Timeout>();
  const waiting = new Set<Waiting>();
  const listenings = new Set<Listening>();
  let ending: Promise<void> | null = null;
  let emptied: () => void = () => {};

  function acquire(who: Waiting): void {
    const [free] = idle.keys();
    if (free !== undefined) {
      clearTimeout(idle.get(free));
      idle.delete(free);
      who.start(free);
    } else if (connections.size < max) {
      who.start(open());
    } else {
      waiting.add(who);
    }
  }

  function open(): Connection {
    const connection = openConnection(url, options, maker);
    connections.add(connection);
    connection.onLost(() => {
      connections.delete(connection);
      clearTimeout(idle.get(connection));
      idle.delete(connection);
      // Whoever waits gets a fresh one; not at once, lest a database that is away is asked in a tight circle.
      setTimeout(serve, 50).unref();
      if (connections.size === 0) emptied();
    });
    return connection;
  }

  function serve(): void {
    for (const who of waiting) {
      if (idle.size === 0 && connections.size >= max) return;
      waiting.delete(who);
      acquire(who);
    }
  }

  function release(connection: Connection): void {
    if (connection.lost) return;
    if (ending !== null && waiting.size === 0) return connection.close();
    const timer = setTimeout(() => connection.close(), idleMs);
    timer.unref();
    idle.set(connection, timer);
    serve();
  }

  function submit(query: DriverQuery): void {
    if (ending !== null) return query.reject(new PoolEnded());
    let connection: Connection | null = null;
    const who: Waiting = {
      start(given) {
        connection = given;
        given.run(query);
      },
      fail: (error) => query.reject(error),
    };
    const timer = setTimeout(() => {
      query.reject(new QueryDeadline(deadlineMs));
      connection?.close();
    }, deadlineMs);
    timer.unref();
    onSettled(query, () => {
      clearTimeout(timer);
      waiting.delete(who);
      // The driver must have finished with the answer before the connection takes its next query.
      queueMicrotask(() => {
        if (connection !== null) release(connection);
      });
    });
    acquire(who);
  }

  async function begin(...args: unknown[]): Promise<unknown> {
    if (ending !== null) throw new PoolEnded();
    const connection = await new Promise<Connection>((resolve, reject) => {
      const who: Waiting = {
        start(given) {
          clearTimeout(timer);
          resolve(given);
        },
        fail: reject,
      };
      const timer = setTimeout(() => {
        waiting.delete(who);
        reject(new QueryDeadline(deadlineMs));
      }, deadlineMs);
      acquire(who);
    });
    try {
      return await runTransaction({ maker, connection, deadlineMs }, args);
    } finally {
      release(connection);
    }
  }

  async function listen(channel: string, onNotify: (payload: string) => void, onListening = () => {}) {
    const open = (hooks: object) => openDriver(url, { ...options, ...hooks, keep_alive: 5 } as DriverOptions);
    const listening = await keepListening(
      ({ onnotify, onclose }) => open({ onnotify, socket: socketFactory(onclose) }),
      channel,
      onNotify,
      onListening,
    );
    listenings.add(listening);
    return {
      state: {},
      async unlisten() {
        listenings.delete(listening);
        await listening.unlisten();
      },
    };
  }

  /** Lets finish what runs and waits, for so many seconds, then closes everything. */
  async function end({ timeout }: { timeout?: number } = {}): Promise<void> {
    ending ??= (async () => {
      const done = new Promise<void>((resolve) => (emptied = resolve));
      const late = timeout === undefined ? undefined : setTimeout(() => emptied(), timeout * 1000);
      await Promise.all([...listenings].map((listening) => listening.unlisten()));
      for (const connection of idle.keys()) connection.close();
      if (connections.size > 0) await done;
      clearTimeout(late);
      for (const who of waiting) who.fail(new PoolEnded());
      for (const connection of connections) connection.close();
      await maker.end({ timeout: 0 });
    })();
    return ending;
  }

  const own: Record<string | symbol, unknown> = {
    begin,
    listen,
    end,
    unsafe: (...args: Parameters<postgres.Sql["unsafe"]>) => redirect(maker.unsafe(...args), submit),
  };
  const pool = new Proxy(maker, {
    apply: (target, self, args) => redirect(Reflect.apply(target, self, args), submit),
    get: (target, key) => (key in own ? own[key] : Reflect.get(target, key)),
  });
  figures.set(pool, () => ({ open: connections.size, idle: idle.size, waiting: waiting.size, max }));
  return pool;
}
