import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";

/** One end of an MQTT connection (Sparkplug host or node, topic driver) and what it does with it. */
export interface Link {
  readonly name: string;
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for each CONNECT: a will with a timestamp or bdSeq of its own needs a CONNECT of its own. */
  options(): IClientOptions;
  /** Subscriptions and first words, before the connection counts as up. */
  introduce(client: MqttClient): Promise<void>;
  up(client: MqttClient): void;
  down(): void;
  message(client: MqttClient, topic: string, payload: Buffer, packet: IPublishPacket): void;
  /** Resolves when there is room for the next message; until then the broker waits. */
  room(): Promise<void>;
  /** Hears why there is no connection; answers the shortest pause before the next try, ms. */
  failed?(error: unknown): number;
  /** Last words of a clean end. */
  goodbye(client: MqttClient): Promise<void>;
}

/** First pause before a new connection, ms; it doubles up to the last, each time with jitter. */
const retry = { first: 200, last: 5000 };
/** How long the last words may take, ms. */
const patienceMs = 1000;

/** Connects, and connects again for ever, until `signal` aborts; then says goodbye. Never throws. */
export async function keepConnected(link: Link, signal: AbortSignal): Promise<void> {
  let pause = retry.first;
  while (!signal.aborted) {
    let shortest = 0;
    try {
      const wasUp = await oneConnection(link, signal);
      if (wasUp) pause = retry.first;
    } catch (error) {
      link.log.warn({ link: link.name, reason: whyOf(error) }, "no connection to the broker");
      shortest = link.failed?.(error) ?? 0;
    }
    if (signal.aborted) return;
    await link.clock.sleep(Math.max(pause, shortest) * (0.75 + Math.random() / 2), signal);
    pause = Math.min(pause * 2, retry.last);
  }
}

/** What went wrong, as text; Node leaves the message of a refused connection to several addresses empty. */
export function whyOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(whyOf).join("; ");
  return error instanceof Error ? error.message || error.name : "unknown";
}

/** One connection from CONNECT to its end; answers whether it was up at all. */
async function oneConnection(link: Link, signal: AbortSignal): Promise<boolean> {
  const client = await connectAsync(
    link.url,
    {
      clean: true,
      keepalive: 15,
      connectTimeout: 5000,
      ...link.options(),
      reconnectPeriod: 0,
      // What cannot go now must not go later: a command would come as a surprise.
      queueQoSZero: false,
    },
    false,
  );
  const closed = new Promise<false>((resolve) => client.once("close", () => resolve(false)));
  const hangUp = (): void => void farewell(link, client);
  try {
    client.on("error", (error) => link.log.warn({ link: link.name, err: error }, "broker connection"));
    client.on("message", (topic, payload, packet) => link.message(client, topic, payload, packet));
    client.handleMessage = (_packet, done) => void whenThereIsRoom(link, done);
    const introduced = link.introduce(client).then(() => true);
    if (!(await Promise.race([introduced, closed]))) return false;
    link.up(client);
    if (signal.aborted) hangUp();
    else signal.addEventListener("abort", hangUp, { once: true });
    await closed;
    return true;
  } finally {
    signal.removeEventListener("abort", hangUp);
    client.end(true);
    // Also after a connection that was never quite up: something may have been heard on it.
    link.down();
  }
}

async function whenThereIsRoom(link: Link, done: () => void): Promise<void> {
  await link.room();
  done();
}

async function farewell(link: Link, client: MqttClient): Promise<void> {
  const patience = setTimeout(() => client.end(true), patienceMs);
  try {
    await link.goodbye(client);
    await client.endAsync();
  } catch {
    client.end(true);
  } finally {
    clearTimeout(patience);
  }
}

/** Subscribes with QoS 1. @throws Error when the broker refuses one of them. */
export async function subscribe(client: MqttClient, topics: string[]): Promise<void> {
  const grants = await client.subscribeAsync(topics, { qos: 1 });
  const refused = grants.find(({ qos }) => qos > 2);
  if (refused !== undefined) throw new Error(`the broker refuses the subscription to ${refused.topic}`);
}
