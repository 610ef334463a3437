import type postgres from "postgres";

/**
 * The driver has a fault: when a backend dies, `begin()` rejects, yet a query that its callback issues later
 * runs on a fresh connection, outside any transaction, and commits. So every transaction carries a flag that
 * closes when `begin()` settles; a query issued after that is refused instead of sent.
 */
export function guardTransactions(sql: postgres.Sql): postgres.Sql {
  return new Proxy(sql, {
    get(target, key, receiver) {
      if (key !== "begin") return Reflect.get(target, key, receiver);
      return (...args: unknown[]) => {
        const run = args.at(-1) as (tx: postgres.TransactionSql) => unknown;
        const state = { closed: false };
        const begin = target.begin as (...a: unknown[]) => Promise<unknown>;
        const guarded = begin(...args.slice(0, -1), (tx: postgres.TransactionSql) =>
          run(guardQueries(tx, state)),
        );
        return guarded.finally(() => {
          state.closed = true;
        });
      };
    },
  });
}

/** Thrown instead of sending a query that would run outside its transaction. */
export class TransactionClosed extends Error {
  constructor() {
    super("the transaction is over; this query was not sent");
    this.name = "TransactionClosed";
  }
}

function guardQueries<T extends object>(tx: T, state: { closed: boolean }): T {
  return new Proxy(tx, {
    apply(target, self, args) {
      if (state.closed) throw new TransactionClosed();
      return Reflect.apply(target as unknown as (...a: unknown[]) => unknown, self, args);
    },
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (state.closed) throw new TransactionClosed();
        if (key === "savepoint") {
          const run = args.at(-1) as (inner: object) => unknown;
          args[args.length - 1] = (inner: object) => run(guardQueries(inner, state));
        }
        return Reflect.apply(value as (...a: unknown[]) => unknown, target, args);
      };
    },
  });
}
