/** At most so many at once; who waits is served in order. */
export interface Limiter {
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly waiting: number;
}

export function createLimiter(most: number): Limiter {
  const queue: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running < most) running += 1;
      // The place of the one that ends is handed on, so nobody overtakes.
      else await new Promise<void>((resolve) => queue.push(resolve));
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
    get waiting() {
      return queue.length;
    },
  };
}
