/** A query (or the start or end of a transaction) that got no answer in time. Whether it took effect is unknown. */
export class QueryDeadline extends Error {
  readonly code = "QUERY_DEADLINE";

  constructor(ms: number) {
    super(`the database gave no answer within ${ms} ms`);
    this.name = "QueryDeadline";
  }
}

/** The parts of the driver's query that are touched here. */
interface DriverQuery {
  handler: (query: DriverQuery) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  cancel(): unknown;
  /** On the wire, not merely queued. */
  readonly active: boolean;
}

export interface QueryHooks {
  readonly ms: number;
  /** `sent` = it was on the wire: the link is silent, not merely busy. */
  readonly onExpired: (sent: boolean) => void;
  /** Runs before whoever awaits the query hears of it. */
  readonly onRejected?: (error: unknown) => void;
}

function isQuery(value: unknown): value is DriverQuery {
  if (value === null || typeof value !== "object" || !("handler" in value)) return false;
  return typeof value.handler === "function" && "reject" in value && typeof value.reject === "function";
}

/**
 * The driver knows no time limit, and forgets queries that were queued on a connection that closed: their promises
 * never settle. So each query settles here at the latest. Anything that is not a query passes as it is.
 */
export function withDeadline<T>(value: T, { ms, onExpired, onRejected }: QueryHooks): T {
  if (!isQuery(value)) return value;
  const query: DriverQuery = value;
  const { handler, resolve, reject } = query;
  let timer: NodeJS.Timeout | undefined;
  query.resolve = (result) => {
    clearTimeout(timer);
    resolve(result);
  };
  query.reject = (error) => {
    clearTimeout(timer);
    onRejected?.(error);
    reject(error);
  };
  // Called once, when somebody starts to wait for the query.
  query.handler = Object.assign((self: DriverQuery) => {
    timer = setTimeout(() => {
      const sent = query.active;
      onExpired(sent);
      // Out of the queue, so that it does not run after its caller has given up.
      Promise.resolve(query.cancel()).catch(() => {});
      query.reject(new QueryDeadline(ms));
    }, ms);
    timer.unref();
    return handler(self);
  }, handler);
  return value;
}
