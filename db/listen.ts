import type postgres from "postgres";

export interface Listening {
  unlisten(): Promise<void>;
}

/** Between two attempts to listen again, ms. */
const retryMs = 250;

/**
 * Listens on a channel for as long as it is wanted, on a connection of its own. The driver's own `listen` gives up
 * for ever when the first attempt after a lost connection fails, as it does while Postgres restarts.
 * @param open makes a pool of one connection that tells when it closed
 * @param onListening called after each (re)start: what was told in between has been missed
 */
export async function keepListening(
  open: (hooks: {
    onnotify: (channel: string, payload: string) => void;
    onclose: () => void;
  }) => postgres.Sql,
  channel: string,
  onNotify: (payload: string) => void,
  onListening: () => void,
): Promise<Listening> {
  let stopped = false;
  let current: postgres.Sql | undefined;
  let wake: () => void = () => {};

  async function listenOnce(): Promise<void> {
    const closed = new Promise<void>((resolve) => (wake = resolve));
    current = open({
      onnotify: (name, payload) => {
        if (name === channel) onNotify(payload);
      },
      onclose: () => wake(),
    });
    await current.unsafe(`listen "${channel.replaceAll('"', '""')}"`);
    first.resolve();
    onListening();
    await closed;
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await listenOnce().catch(() => {});
      await current?.end({ timeout: 0 }).catch(() => {});
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }

  const first = withResolvers();
  const running = run();
  await first.promise;
  return {
    async unlisten() {
      stopped = true;
      wake();
      await running;
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((given) => (resolve = given));
  return { promise, resolve };
}
