import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type Client, type ConnectPacket } from "aedes";
import type { Logger } from "#server/core/log.ts";
import type { Service } from "#server/core/services.ts";
import { mayPublish, mayReceive, type MqttParty, nodeOfWill } from "./broker.rules.ts";
import { listen } from "./listen.ts";

export interface BrokerOptions {
  readonly port: number;
  /** Address it listens on; from elsewhere than this computer nobody comes in without a password. */
  readonly host?: string;
  readonly log: Logger;
  /** SHA-256 (hex) of the password of a Sparkplug node; null = none asked for, undefined = no such node. */
  readonly nodePassword: (node: string) => string | null | undefined;
  /** The source of plain topics that logs in under this code; null = there is none. */
  readonly plainSource: (code: string) => PlainSource | null;
}

export interface PlainSource {
  /** SHA-256 (hex) of its token; null = it has none yet, so nobody gets in as it. */
  readonly tokenHash: string | null;
  /** Topic filters of its mappings. */
  readonly filters: readonly string[];
}

export interface EdgeBroker extends Service {
  /** For the edge's own host applications only: it carries their password. */
  readonly url: string;
  readonly port: number;
  /** After a new document: cuts every client whose password or topics are no longer what let it in. */
  recheck(): void;
}

const hostUser = "millwright-host";
/** Longest payload of one publication, bytes. */
const maxPayload = 256 * 1024;
/** Sockets at once; a plant has dozens of nodes, not thousands, on one loopback. */
const maxConnections = 500;

/**
 * The MQTT broker inside the edge (aedes), used unless the plant brings its own. Who may say what: commands and STATE
 * only our own host, a Sparkplug node only its own topics, a source of plain topics those of its mappings; see
 * broker.rules.ts.
 */
export function createBroker(options: BrokerOptions): EdgeBroker {
  const { port, host = loopback, log, nodePassword, plainSource } = options;
  const reachable = host === "0.0.0.0" || host === "::" ? loopback : host;
  const password = randomBytes(24).toString("base64url");
  const parties = new WeakMap<object, MqttParty>();
  const wills = new WeakMap<object, string | null>();
  /** What let each client in, as it stood then. */
  const admitted = new Map<Client, () => boolean>();
  const sockets = new Set<Socket>();
  let aedes: Aedes | null = null;
  let server: Server | null = null;
  let bound = port;

  function partyOf(
    client: Client,
    username: string | undefined,
    given: Buffer | undefined,
  ): MqttParty | null {
    const secret = given?.toString("utf8") ?? "";
    if (username === hostUser) return sameText(secret, password) ? { kind: "host" } : null;
    const node = wills.get(client) ?? null;
    if (node === null) return plainParty(client, username, secret);
    const expected = nodePassword(node);
    if (typeof expected === "string" && !sameText(sha256(secret), expected)) return null;
    if (typeof expected !== "string" && !isLocal(client)) return null;
    admitted.set(client, () => nodePassword(node) === expected);
    return { kind: "node", node };
  }

  /** A name that is no source's and a wrong token cost the same time and get the same answer. */
  function plainParty(client: Client, username: string | undefined, secret: string): MqttParty | null {
    if (username === undefined) return { kind: "stranger" };
    const source = plainSource(username);
    const same = sameText(sha256(secret), source?.tokenHash ?? "");
    if (!same || source === null) return null;
    const then = JSON.stringify(source);
    admitted.set(client, () => JSON.stringify(plainSource(username)) === then);
    return { kind: "source", filters: source.filters };
  }

  async function start(): Promise<void> {
    const broker = await Aedes.createBroker({
      drainTimeout: 10_000,
      connectTimeout: 10_000,
      keepaliveLimit: 300,
      queueLimit: 1000,
      maxInflightInbound: 100,
      maxClientsIdLength: 128,
      maxTopicLevels: 10,
    });
    broker.preConnect = (client, packet: ConnectPacket, done) => {
      wills.set(client, packet.will === undefined ? null : nodeOfWill(packet.will.topic));
      done(null, true);
    };
    broker.authenticate = (client, username, given, done) => {
      const party = partyOf(client, username, given);
      if (party !== null) parties.set(client, party);
      else log.warn({ client: client.id, username }, "an MQTT client was turned away");
      done(null, party !== null);
    };
    broker.authorizePublish = (client, packet, done) => {
      const party = client === null ? ({ kind: "stranger" } as const) : parties.get(client);
      const allowed = party !== undefined && mayPublish(party, packet.topic, packet.retain);
      if (allowed && packet.payload.length <= maxPayload) return done(null);
      log.warn({ client: client?.id, topic: packet.topic }, "a publication was refused");
      done(new Error("not allowed"));
    };
    broker.authorizeSubscribe = (client, subscription, done) => {
      const party = parties.get(client);
      const allowed = party !== undefined && mayReceive(party, subscription.topic);
      if (!allowed) log.warn({ client: client.id, topic: subscription.topic }, "a subscription was refused");
      done(null, allowed ? subscription : null);
    };
    broker.on("clientDisconnect", (client) => admitted.delete(client));
    broker.on("clientError", (client, error) => log.debug({ client: client.id, err: error }, "MQTT client"));
    broker.on("connectionError", (_client, error) => log.debug({ err: error }, "MQTT connection"));
    aedes = broker;
    const net = createServer((socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      broker.handle(socket);
    });
    net.maxConnections = maxConnections;
    server = net;
    bound = await listen(net, port, host, "MQTT_PORT");
  }

  return {
    name: "mqtt-broker",
    get url() {
      return `mqtt://${hostUser}:${password}@${reachable}:${bound}`;
    },
    get port() {
      return bound;
    },
    start,
    recheck() {
      for (const [client, still] of admitted) {
        if (still()) continue;
        admitted.delete(client);
        log.warn({ client: client.id }, "an MQTT client may no longer speak");
        client.close();
      }
    },
    async stop() {
      const closing = new Promise<void>((resolve) =>
        server === null ? resolve() : server.close(() => resolve()),
      );
      await new Promise<void>((resolve) => (aedes === null ? resolve() : aedes.close(() => resolve())));
      for (const socket of sockets) socket.destroy();
      await closing;
    },
  };
}

const loopback = "127.0.0.1";

function isLocal(client: Client): boolean {
  const { remoteAddress } = client.conn as Socket;
  return remoteAddress === undefined || /^(::ffff:)?127\./.test(remoteAddress) || remoteAddress === "::1";
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Compares in a time that tells nothing. */
function sameText(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return x !== undefined && y !== undefined && timingSafeEqual(x, y);
}
