import { connect, type Socket } from "node:net";
import postgres from "postgres";

/** What the driver tells a maker of sockets; hosts and ports are lists. */
interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
}

/**
 * One connection for COPY. The driver pauses its socket while a reader is slow and forgets to resume it when the
 * last rows of a table came in the meantime: the next query would then wait for ever. So whoever has read a table
 * to its end calls `resume`. Whoever stops reading in the middle calls `cut`: the driver would wait for the rest.
 */
export function openCopyConnection(url: string): {
  readonly sql: postgres.Sql;
  resume(): void;
  cut(): void;
} {
  let current: Socket | null = null;
  const socket = (address: Address) =>
    new Promise<Socket>((done, fail) => {
      const made = connect({ host: address.host[0] ?? "127.0.0.1", port: address.port[0] ?? 5432 });
      current = made;
      made.once("error", fail);
      made.once("connect", () => {
        made.removeListener("error", fail);
        done(made);
      });
    });
  const options = { max: 1, onnotice: () => {}, socket };
  const sql = postgres(url, options as postgres.Options<Record<string, postgres.PostgresType>>);
  return { sql, resume: () => void current?.resume(), cut: () => void current?.destroy() };
}
