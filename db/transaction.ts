import type postgres from "postgres";
import type { Connection } from "./connection.ts";
import { type DriverQuery, onSettled, redirect } from "./driver-query.ts";
import { ConnectionLost, isConnectionLoss, QueryDeadline, TransactionClosed } from "./errors.ts";

export interface TransactionDeps {
  /** Makes query objects; sends none. */
  readonly maker: postgres.Sql;
  /** Ours alone until the transaction is over. */
  readonly connection: Connection;
  readonly deadlineMs: number;
}

/** The transaction or one of its savepoints. A statement that failed spoils it, even if its error was caught. */
interface Scope {
  failed: unknown;
}

type Run = (tx: postgres.TransactionSql) => unknown;

/**
 * `begin([options,] run)` as the driver has it, without the driver's fault: when a backend dies, its `begin` rejects,
 * yet a query that the callback issues later runs on a fresh connection, outside any transaction, and commits. Here
 * every query of the callback is bound to the one connection; once that is lost, or the transaction is over, a query
 * is refused instead of sent.
 */
export async function runTransaction(deps: TransactionDeps, args: unknown[]): Promise<unknown> {
  const { maker, connection, deadlineMs } = deps;
  const run = args.at(-1) as Run;
  const mode = typeof args[0] === "string" ? args[0].replaceAll(/[^a-z ]/gi, "") : "";
  const queue: { query: DriverQuery; scope: Scope }[] = [];
  let running = false;
  let over = false;
  let savepoints = 0;

  function next(): void {
    if (running) return;
    const turn = queue.shift();
    if (turn === undefined) return;
    const { query, scope } = turn;
    if (connection.lost) {
      query.reject(new ConnectionLost());
      return next();
    }
    running = true;
    const timer = setTimeout(() => {
      query.reject(new QueryDeadline(deadlineMs));
      connection.close();
    }, deadlineMs);
    onSettled(query, (error) => {
      clearTimeout(timer);
      if (error !== null) scope.failed ??= error;
      queueMicrotask(() => {
        running = false;
        next();
      });
    });
    connection.run(query);
  }

  const submitIn = (scope: Scope) => (query: DriverQuery) => {
    queue.push({ query, scope });
    next();
  };

  /** Our own statements: their failure spoils nobody's scope. */
  async function own(statement: string): Promise<void> {
    await redirect(maker.unsafe(statement), submitIn({ failed: null }));
  }

  function face(scope: Scope): postgres.TransactionSql {
    const send = (make: () => unknown): unknown => {
      if (over || connection.lost) throw new TransactionClosed();
      return redirect(make(), submitIn(scope));
    };
    const known: Record<string | symbol, unknown> = {
      unsafe: (...given: Parameters<postgres.Sql["unsafe"]>) => send(() => maker.unsafe(...given)),
      savepoint: (...given: unknown[]) => inSavepoint(given.at(-1) as Run),
    };
    return new Proxy(maker, {
      apply: (target, self, given) => send(() => Reflect.apply(target, self, given)),
      get: (target, key) => (key in known ? known[key] : Reflect.get(target, key)),
    }) as unknown as postgres.TransactionSql;
  }

  async function inSavepoint(inner: Run): Promise<unknown> {
    if (over || connection.lost) throw new TransactionClosed();
    const name = `s${savepoints++}`;
    await own(`savepoint ${name}`);
    const scope: Scope = { failed: null };
    try {
      const result = await settleAll(inner(face(scope)));
      if (scope.failed !== null) throw scope.failed;
      await own(`release savepoint ${name}`);
      return result;
    } catch (error) {
      if (!connection.lost) await own(`rollback to savepoint ${name}`);
      throw error;
    }
  }

  const lost = new Promise<never>((_resolve, reject) =>
    connection.onLost(() => reject(new ConnectionLost())),
  );
  lost.catch(() => {});
  await own(`begin ${mode}`);
  const scope: Scope = { failed: null };
  try {
    // A connection that dies while the callback waits for something else ends the transaction all the same.
    const result = await Promise.race([settleAll(run(face(scope))), lost]);
    over = true;
    if (scope.failed !== null) throw scope.failed;
    await own("commit");
    return result;
  } catch (error) {
    over = true;
    // Where the connection died, the first thing that went wrong says more than what came of it.
    const reason = isConnectionLoss(error) && scope.failed !== null ? scope.failed : error;
    if (!connection.lost) await own("rollback").catch(() => connection.close());
    throw reason;
  }
}

/** A callback may answer with a list of queries, as the driver allows. */
async function settleAll(answer: unknown): Promise<unknown> {
  return Array.isArray(answer) ? Promise.all(answer) : answer;
}
