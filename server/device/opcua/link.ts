import {
  type ClientSession,
  type ClientSessionPublishService,
  type ClientSessionRawSubscriptionService,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
  type UserIdentityInfo,
  UserTokenType,
} from "node-opcua-client";
import type { Clock } from "#server/core/clock.ts";
import type { Logger } from "#server/core/log.ts";
import type { SeenCertificate } from "../certificate.contract.ts";
import { type EdgeFiles, UnusableFile } from "../edge-files.ts";
import type { Identity } from "./identity.ts";
import type { OpcUaConfig } from "./opcua.contract.ts";
import { type Asked, refusalOf, ServerRefusal } from "./refusal.ts";
import { TrustList } from "./trust.ts";

export interface LinkOptions {
  readonly config: OpcUaConfig;
  readonly identity: Identity;
  readonly files: EdgeFiles;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of the certificate that the server showed, trusted or not. */
  readonly onCertificate?: (seen: SeenCertificate) => void;
}

/** Why an answer never came. */
export class LinkLost extends Error {}

/** A session with the plain services of subscriptions, which the library has beside its own classes for them. */
export type Session = ClientSession & ClientSessionRawSubscriptionService & ClientSessionPublishService;

type Client = ReturnType<typeof OPCUAClient.create>;

const modes = { sign: MessageSecurityMode.Sign, signAndEncrypt: MessageSecurityMode.SignAndEncrypt } as const;
/** How long the last words may take, ms. */
const patienceMs = 1000;

/**
 * One connection to a server, with a session on it. It ends once and is not mended: reconnecting is the driver's, so
 * that namespaces are read anew each time and nothing is ever sent twice. The session may go on in the next link.
 */
export class OpcUaLink {
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #over = new AbortController();
  #end: (reason: string) => void = () => {};
  readonly session: Session;
  /** The session of the link before was still alive at the server. */
  readonly resumed: boolean;
  readonly ended: Promise<string>;

  /**
   * @param earlier a session that a lost link left behind
   * @throws ServerRefusal with a sentence when the server says no; Error when it is not there.
   */
  static async connect(
    options: LinkOptions,
    earlier: Session | null,
    signal: AbortSignal,
  ): Promise<OpcUaLink> {
    const { config, identity, clock, log } = options;
    // The library talks to the console; what matters reaches us as an error as well.
    setWarningLogger((...words: unknown[]) =>
      log.debug({ opcua: words.map(String).join(" ") }, "node-opcua"),
    );
    setErrorLogger((...words: unknown[]) => log.debug({ opcua: words.map(String).join(" ") }, "node-opcua"));
    const trust = new TrustList(config.url, config.trusted, clock);
    const client = clientOf(config, identity, trust);
    const soon = { signal, ms: config.timeoutMs };
    // A secured server is asked for its certificate first, over a connection of its own.
    const showed = (): void => {
      if (trust.seen !== null) options.onCertificate?.(trust.seen);
    };
    const later = { signal, ms: 2 * config.timeoutMs };
    try {
      await within(client.connect(config.url), later, "no connection to the server in time");
      showed();
      const resumed = earlier !== null && (await resumes(client, earlier, soon));
      const session = resumed
        ? earlier
        : await within(client.createSession(userOf(options)), later, "no session in time");
      // A transaction that the server refused for want of a session must not be sent again behind our back.
      Object.assign(session, { recursive_repair_detector: 1 });
      if (!isPlain(session)) throw new Error("the library has no plain services of subscriptions");
      return new OpcUaLink(client, session, resumed, config.timeoutMs);
    } catch (error) {
      showed();
      await quietly(client.disconnect());
      if (error instanceof UnusableFile) throw error;
      const refusal =
        trust.refusal === null ? refusalOf(error, asked(options)) : new ServerRefusal(trust.refusal);
      throw refusal ?? error;
    }
  }

  private constructor(client: Client, session: Session, resumed: boolean, timeoutMs: number) {
    this.#client = client;
    this.session = session;
    this.resumed = resumed;
    this.#timeoutMs = timeoutMs;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    client.on("close", (error) => this.end(`the connection broke${error ? `: ${error.message}` : ""}`));
    client.on("connection_lost", () => this.end("the connection broke"));
  }

  /** Aborts when the link is over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * An answer of the server, or why there is none.
   * @throws LinkLost when it does not come in time or the link is over; it may have been heard all the same.
   */
  async ask<T>(answer: Promise<T>, what: string): Promise<T> {
    const limit = { signal: this.over, ms: this.#timeoutMs };
    try {
      return await within(answer, limit, `no answer to ${what} within ${this.#timeoutMs} ms`);
    } catch (error) {
      if (this.over.aborted) throw new LinkLost(`the connection was lost before an answer to ${what}`);
      throw error;
    }
  }

  /** Over. The session stays at the server, for the next link, until {@link close}. */
  end(reason: string): void {
    if (this.over.aborted) return;
    this.#over.abort();
    this.#end(reason);
  }

  /** Lets go of the connection; resolves soon, whatever the server does. */
  async close(keepSession: boolean): Promise<void> {
    this.end("closed");
    if (!keepSession) await quietly(this.session.close(true));
    await quietly(this.#client.disconnect());
  }
}

function isPlain(session: ClientSession): session is Session {
  return "createSubscription" in session && "publish" in session && "republish" in session;
}

function clientOf(config: OpcUaConfig, identity: Identity, trust: TrustList): Client {
  const { security, timeoutMs, keepMs } = config;
  return OPCUAClient.create({
    applicationName: "Millwright",
    applicationUri: identity.applicationUri,
    certificateFile: identity.certificateFile,
    privateKeyFile: identity.keyFile,
    clientCertificateManager: trust,
    clientName: "millwright",
    securityMode: security === undefined ? MessageSecurityMode.None : modes[security.mode],
    securityPolicy: security === undefined ? SecurityPolicy.None : SecurityPolicy[security.policy],
    // Behind a gateway a server is reached by another name than it knows of itself.
    endpointMustExist: false,
    // The library's own reconnection would keep node ids of namespaces that moved, and send held requests later.
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    keepPendingSessionsOnDisconnect: true,
    keepSessionAlive: false,
    requestedSessionTimeout: Math.max(keepMs, 2 * config.aliveMs),
    transportTimeout: timeoutMs,
    defaultTransactionTimeout: timeoutMs,
  });
}

/** Whether the server still knows the session and lets it go on here (Part 4, 6.7). */
async function resumes(client: Client, session: ClientSession, limit: Limit): Promise<boolean> {
  try {
    await within(client.reactivateSession(session), limit, "no session in time");
    return true;
  } catch (error) {
    if (error instanceof LinkLost) throw error;
    return false;
  }
}

function userOf({ config: { user }, files }: LinkOptions): UserIdentityInfo {
  if (user === undefined) return { type: UserTokenType.Anonymous };
  if (user.kind === "password") {
    const password = files.password(user.passwordFile);
    return { type: UserTokenType.UserName, userName: user.name, password };
  }
  const pem = files
    .read(user.certificateFile, "certificateFile")
    .toString("utf8")
    .replaceAll(/-----[^-]+-----|\s/g, "");
  return {
    type: UserTokenType.Certificate,
    certificateData: Buffer.from(pem, "base64"),
    privateKey: files.read(user.keyFile, "keyFile").toString("utf8"),
  };
}

function asked({ config: { url, security, user }, identity }: LinkOptions): Asked {
  return {
    url,
    security: security === undefined ? "no security" : `${security.mode} and ${security.policy}`,
    user: user?.kind ?? "anonymous",
    thumbprint: identity.thumbprint,
  };
}

interface Limit {
  readonly signal: AbortSignal;
  readonly ms: number;
}

// A plain timer: Node 20 may collect a composed AbortSignal before its time is over.
function within<T>(work: Promise<T>, { signal, ms }: Limit, late: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(new LinkLost(late));
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over, { once: true });
    if (signal.aborted) over();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
    };
    work.then(resolve, reject).finally(done);
  });
}

async function quietly(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
  try {
    await Promise.race([work, patience]);
  } catch {
    // It goes anyway.
  } finally {
    clearTimeout(timer);
  }
}
