import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { guardTransactions } from "./transaction.ts";

export type Db = PostgresJsDatabase & { readonly $client: postgres.Sql };
export type Tx = Parameters<Parameters<PostgresJsDatabase["transaction"]>[0]>[0];

export interface DbOptions {
  readonly url: string;
  readonly max?: number;
  readonly name?: string;
  /** Deadline of one statement on the database's side, ms. */
  readonly statementTimeoutMs?: number;
}

/** Opens a pool. `end()` closes it. Every query has a deadline; transactions are guarded (see transaction.ts). */
export function openDb(options: DbOptions): Db {
  const sql = postgres(options.url, {
    max: options.max ?? 8,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => {},
    connection: {
      application_name: options.name ?? "millwright",
      statement_timeout: options.statementTimeoutMs ?? 15_000,
      lock_timeout: 5_000,
      TimeZone: "UTC",
    },
  });
  return drizzle(guardTransactions(sql)) as Db;
}
