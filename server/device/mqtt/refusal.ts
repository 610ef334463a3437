import { ErrorWithSubackPacket, type MqttClient } from "mqtt";

/** The broker answered, and the answer was no: trying again at once would not help. */
export class BrokerRefusal extends Error {}

/** Return codes of MQTT 3.1.1 §3.2.2.3 and reason codes of MQTT 5 §3.2.2.2 that a person must do something about. */
const logins: Readonly<Record<number, string>> = {
  1: "it does not speak this version of MQTT: change protocolVersion",
  2: "it does not take this client id: change clientId",
  4: "user name or password is wrong: correct them",
  5: "this login is not authorised: allow it at the broker, or correct user name and password",
  128: "it gives no reason",
  132: "it does not speak this version of MQTT: change protocolVersion",
  133: "it does not take this client id: change clientId",
  134: "user name or password is wrong: correct them",
  135: "this login is not authorised: allow it at the broker, or correct user name and password",
  138: "this client is banned there",
  140: "it wants another way to log in",
};

/** What a failed CONNECT says to a person; null when it is no refusal but a broker that is away or busy. */
export function refusedLogin(error: unknown, broker: string): string | null {
  const why = logins[codeOf(error) ?? 0];
  return why === undefined ? null : `The broker ${broker} refuses the connection: ${why}.`;
}

/**
 * Subscribes to all of them.
 * @throws BrokerRefusal when the broker refuses one; Error when the connection was lost meanwhile.
 */
export async function subscribeAll(
  client: MqttClient,
  filters: readonly string[],
  qos: 0 | 1 | 2,
  broker: string,
): Promise<void> {
  // One by one: an answer for many does not say with each client which of them was refused.
  const asked = filters.map(async (filter) => {
    try {
      await client.subscribeAsync(filter, { qos });
      return;
    } catch (error) {
      // Anything else is a connection that was lost meanwhile.
      if (!(error instanceof ErrorWithSubackPacket)) throw error;
    }
    throw new BrokerRefusal(
      `The broker ${broker} refuses the subscription to ${filter}: allow it for this login, or correct the filter.`,
    );
  });
  await Promise.all(asked);
}

/** A broker's url as it may be shown: without the login. */
export function shownUrl(text: string): string {
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}

/** The reason code of MQTT that mqtt.js puts on its errors. */
export function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}
