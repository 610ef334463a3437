/** The link to Postgres ended while a query was on it. Whether the query took effect is unknown. */
export class ConnectionLost extends Error {
  readonly code = "CONNECTION_CLOSED";

  constructor() {
    super("the connection to the database was lost");
    this.name = "ConnectionLost";
  }
}

/** A query got no answer, or no connection, in time. Whether it took effect is unknown. */
export class QueryDeadline extends Error {
  readonly code = "QUERY_DEADLINE";

  constructor(ms: number) {
    super(`the database gave no answer within ${ms} ms`);
    this.name = "QueryDeadline";
  }
}

/** The pool was closed by its owner. */
export class PoolEnded extends Error {
  readonly code = "CONNECTION_ENDED";

  constructor() {
    super("the pool was closed");
    this.name = "PoolEnded";
  }
}

/** Thrown instead of sending a query that would run outside its transaction. */
export class TransactionClosed extends Error {
  readonly code = "TRANSACTION_CLOSED";

  constructor() {
    super("the transaction is over; this query was not sent");
    this.name = "TransactionClosed";
  }
}

/** Where the driver, Drizzle's wrapper or Node put what went wrong. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at: unknown = error; at instanceof Error && codes.length < 8; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === "string") codes.push(code);
  }
  return codes;
}

const lost = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "QUERY_DEADLINE",
  "TRANSACTION_CLOSED",
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOENT",
  "EHOSTUNREACH",
]);

/** The link to the database is gone: whether the statement took effect is not known. */
export function isConnectionLoss(error: unknown): boolean {
  // 57P01–57P03: terminated by an administrator, crash of a backend, starting up. 08: connection exceptions.
  return codesOf(error).some((code) => lost.has(code) || code.startsWith("57P") || code.startsWith("08"));
}

/**
 * Trying the same again later may well work: the connection, a lock, a deadlock, a full disk. Everything else is
 * because of what was asked, and will fail the same way for ever.
 */
export function isTransient(error: unknown): boolean {
  if (isConnectionLoss(error)) return true;
  // 40: serialisation and deadlock, 53: out of connections, memory or disk, 55: locks, 58: the operating system.
  return codesOf(error).some((code) => /^(?:40|53|55|58)/.test(code));
}

/** Other rows hang on the one that was to go. */
export function isForeignKey(error: unknown): boolean {
  return codesOf(error).includes("23503");
}
