import type postgres from "postgres";
import { QueryDeadline, withDeadline } from "./deadline.ts";
import { isConnectionLoss } from "./errors.ts";

/** Thrown instead of sending a query that would run outside its transaction. */
export class TransactionClosed extends Error {
  readonly code = "TRANSACTION_CLOSED";

  constructor() {
    super("the transaction is over; this query was not sent");
    this.name = "TransactionClosed";
  }
}

export interface TransactionGuard {
  /** Longest wait for a connection, for one query and for the commit, ms. */
  readonly ms: number;
  /** The link gave no answer. */
  readonly onSilent: () => void;
}

interface State {
  closed: boolean;
  /** Settles the transaction although the driver's own promise may never do so. */
  fail: (error: unknown) => void;
}

type Begin = (...args: unknown[]) => Promise<unknown>;

/**
 * The driver has a fault: when a backend dies, `begin()` rejects, yet a query that its callback issues later runs on
 * a fresh connection, outside any transaction, and commits. So every transaction has a flag that closes the moment
 * its connection is lost (before the callback hears of it) or when it is over; a query after that is refused
 * instead of sent. And every wait has a deadline, since some of the driver's promises never settle.
 */
export function guardedBegin(sql: postgres.Sql, args: unknown[], guard: TransactionGuard): Promise<unknown> {
  const run = args.at(-1) as (tx: postgres.TransactionSql) => unknown;
  return new Promise((resolve, reject) => {
    const state: State = {
      closed: false,
      fail(error) {
        state.closed = true;
        clearTimeout(timer);
        reject(error);
      },
    };
    const expire = () => {
      guard.onSilent();
      state.fail(new QueryDeadline(guard.ms));
    };
    let timer = setTimeout(expire, guard.ms);
    const guarded = (sql.begin as Begin)(...args.slice(0, -1), async (tx: postgres.TransactionSql) => {
      clearTimeout(timer);
      if (state.closed) throw new TransactionClosed();
      try {
        return await run(guardQueries(tx, state, guard));
      } finally {
        // What follows is the commit or the rollback.
        if (!state.closed) timer = setTimeout(expire, guard.ms);
      }
    });
    guarded.then(
      (value) => {
        state.closed = true;
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => state.fail(error),
    );
  });
}

function guardQueries<T extends object>(tx: T, state: State, guard: TransactionGuard): T {
  const hooks = {
    ms: guard.ms,
    onExpired: () => {
      guard.onSilent();
      state.fail(new QueryDeadline(guard.ms));
    },
    onRejected: (error: unknown) => {
      if (isConnectionLoss(error)) state.fail(error);
    },
  };
  const call = (target: unknown, self: unknown, args: unknown[]): unknown => {
    if (state.closed) throw new TransactionClosed();
    return withDeadline(Reflect.apply(target as (...a: unknown[]) => unknown, self, args), hooks);
  };
  return new Proxy(tx, {
    apply: (target, self, args) => call(target, self, args),
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (key === "savepoint") {
          const run = args.at(-1) as (inner: object) => unknown;
          args[args.length - 1] = (inner: object) => run(guardQueries(inner, state, guard));
        }
        return call(value, target, args);
      };
    },
  });
}
