import postgres from "postgres";
import { addArrayTypes } from "./array-types.ts";
import { withDeadline } from "./deadline.ts";
import { keepListening, type Listening } from "./listen.ts";
import { QuietSocket } from "./quiet-socket.ts";
import { guardedBegin } from "./transaction.ts";

export type PoolOptions = postgres.Options<Record<string, postgres.PostgresType>>;

/** What a pool that lost a connection may still finish, ms, before its connections are closed. */
const graceMs = 500;

/**
 * The driver's pool behind a face of the same type that outlives it. A connection that the other side closes can
 * leave its slot of the pool broken for good (bytes that were queued are never sent; the next query on that slot
 * waits for ever), so a pool that lost a connection is left to finish what it runs and a fresh one takes its place.
 * @param deadlineMs after this long every query settles, on the client's side
 */
export function openPool(url: string, options: PoolOptions, deadlineMs: number): postgres.Sql {
  let ended: Promise<void> | null = null;
  const listenings = new Set<Listening>();
  const retiring = new Set<Promise<void>>();
  let current = open(options);
  // Shared by all pools: Drizzle sets its parsers on it once.
  const { options: parsed } = current;

  function open(given: PoolOptions): postgres.Sql {
    const made: { sql?: postgres.Sql } = {};
    const socket = socketFactory(() => made.sql && retire(made.sql));
    made.sql = postgres(url, { ...given, fetch_types: false, socket } as PoolOptions);
    addArrayTypes(made.sql.options as never);
    return made.sql;
  }

  function retire(sql: postgres.Sql): void {
    if (sql !== current || ended !== null) return;
    current = open(options);
    Object.assign(current.options.parsers, parsed.parsers);
    Object.assign(current.options.serializers, parsed.serializers);
    const done = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
      .then(() => sql.end({ timeout: graceMs / 1000 }))
      .catch(() => {})
      .finally(() => retiring.delete(done));
    retiring.add(done);
  }

  function hooks() {
    const sql = current;
    return { ms: deadlineMs, onExpired: (sent: boolean) => (sent ? retire(sql) : undefined) };
  }

  async function end(how?: { timeout?: number }): Promise<void> {
    ended ??= (async () => {
      await Promise.all([...listenings].map((listening) => listening.unlisten()));
      await current.end(how);
      await Promise.all(retiring);
    })();
    return ended;
  }

  async function listen(channel: string, onNotify: (payload: string) => void, onListening = () => {}) {
    const listening = await keepListening(
      ({ onnotify, onclose }) =>
        postgres(url, {
          ...options,
          max: 1,
          idle_timeout: null,
          max_lifetime: null,
          fetch_types: false,
          keep_alive: 5,
          onnotify,
          onclose,
          socket: socketFactory(() => {}),
        } as unknown as PoolOptions),
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

  return new Proxy(function pool() {} as unknown as postgres.Sql, {
    apply: (_target, _self, args) =>
      withDeadline(
        Reflect.apply(current as unknown as (...a: unknown[]) => unknown, undefined, args),
        hooks(),
      ),
    has: (_target, key) => key in current,
    get(_target, key) {
      if (key === "options") return parsed;
      if (key === "end") return end;
      if (key === "listen") return listen;
      if (key === "begin") {
        return (...args: unknown[]) => {
          const sql = current;
          return guardedBegin(sql, args, { ms: deadlineMs, onSilent: () => retire(sql) });
        };
      }
      const value: unknown = Reflect.get(current, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => withDeadline(Reflect.apply(value, current, args), hooks());
    },
  });
}

function socketFactory(onLost: () => void) {
  let turn = 0;
  return ({ host, port, path }: { host: string[]; port: number[]; path?: string | false }): QuietSocket => {
    const socket = new QuietSocket(onLost);
    if (typeof path === "string") return socket.connect(path);
    const at = turn++ % host.length;
    return socket.connect(port[at] ?? 5432, host[at] ?? "localhost");
  };
}
