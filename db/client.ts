import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type postgres from "postgres";
import { openPool } from "./pool.ts";

export type Db = PostgresJsDatabase & { readonly $client: postgres.Sql };
export type Tx = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

export interface DbOptions {
  readonly url: string;
  readonly max?: number;
  readonly name?: string;
  /** Deadline of one statement on the database's side, ms. */
  readonly statementTimeoutMs?: number;
  /** Deadline of one query on this side, waiting for a connection included, ms. */
  readonly deadlineMs?: number;
}

/**
 * Opens a pool. `$client.end()` closes it. Every query settles within its deadline, a transaction that lost its
 * connection sends nothing more (transaction.ts), and the pool survives restarts of Postgres (pool.ts).
 */
export function openDb(options: DbOptions): Db {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const sql = openPool(options.url, {
    max: options.max ?? 8,
    deadlineMs: options.deadlineMs ?? statementTimeoutMs + 5_000,
    connect_timeout: 10,
    onnotice: () => {},
    connection: {
      application_name: options.name ?? "millwright",
      statement_timeout: statementTimeoutMs,
      lock_timeout: 5_000,
      TimeZone: "UTC",
    },
  });
  return drizzle(sql) as Db;
}
