/** Calls under one key that overlap in time share one run; nothing is kept once it is over. */
export function singleFlight<T>(): (key: string, run: () => Promise<T>) => Promise<T> {
  const flying = new Map<string, Promise<T>>();
  return (key, run) => {
    const already = flying.get(key);
    if (already !== undefined) return already;
    const started = run().finally(() => flying.delete(key));
    flying.set(key, started);
    return started;
  };
}
