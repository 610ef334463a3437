/** The parts of the driver's query object that are touched here. */
export interface DriverQuery extends PromiseLike<unknown> {
  /** Called once, when somebody starts to wait for the query. */
  handler: (query: DriverQuery) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

function isQuery(value: unknown): value is DriverQuery {
  if (value === null || typeof value !== "object" || !("handler" in value)) return false;
  return typeof value.handler === "function" && "reject" in value && typeof value.reject === "function";
}

/** Makes a query of the driver run where `submit` says. Anything else (an identifier, a fragment) passes as it is. */
export function redirect(value: unknown, submit: (query: DriverQuery) => void): unknown {
  if (isQuery(value)) value.handler = submit;
  return value;
}

/**
 * Calls `then` once, as soon as the query has its answer or its error: before anybody who awaits it hears of that.
 */
export function onSettled(query: DriverQuery, then: (error: unknown) => void): void {
  const { resolve, reject } = query;
  let settled = false;
  query.resolve = (value) => {
    if (settled) return;
    settled = true;
    then(null);
    resolve(value);
  };
  query.reject = (error) => {
    if (settled) return;
    settled = true;
    then(error ?? new Error("the query failed"));
    reject(error);
  };
}
