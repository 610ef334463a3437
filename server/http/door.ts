import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { getRequestListener } from "@hono/node-server";
import type { Server as SocketServer } from "socket.io";
import type { Logger } from "#server/core/log.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { Service } from "#server/core/services.ts";
import { contentSecurityPolicy, newNonce, setSecurityHeaders, stripHeaders } from "./headers.ts";
import { type HostList, hostName, isLoopbackAddress, isLoopbackName } from "./hosts.ts";
import { type OwnPage, refusedPage, startingPage, trustPage } from "./pages.ts";
import { attachSockets, createSockets, isSocketPath } from "./sockets.ts";
import { statusOf } from "./status.ts";
import { createWebProxy } from "./web-proxy.ts";
import { pickLanguage } from "./words.ts";

export interface DoorOptions {
  /** 0 = any free port (see `Door.ports`). */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** PEM texts; null = no https (tests, and a start that could not make a certificate). */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
  /** PEM of the plant's own authority, offered on the trust page; null with a certificate that browsers trust. */
  readonly ca: string | null;
  /** `/api/*`: takes web requests, e.g. a Hono application. */
  readonly api: { readonly fetch: (request: Request, env: object) => Response | Promise<Response> };
  /** Where the process that renders screens listens, e.g. `http://127.0.0.1:41000`. */
  readonly web: string;
  readonly hosts: HostList;
  /** next dev needs more than the policy allows in production. */
  readonly dev?: boolean;
  readonly log: Logger;
  /** `/metrics`, for this machine and for who shows the token; null = there is none. */
  readonly metrics?: {
    readonly token: string;
    /** Told of every answered request. */
    served(request: IncomingMessage, response: ServerResponse, startedAt: number): void;
    text(): Promise<{ text: string; type: string }>;
  };
}

export interface Door extends Service {
  /** Ingest and screens hang their namespaces here before the door starts. */
  readonly io: SocketServer;
  /** The ports as they are; 0 before the start, and for https without a certificate. */
  ports(): { http: number; https: number };
}

/**
 * The one way in: http for this machine, https for all others, on one origin `/api`, sockets and screens. Off
 * loopback, plain http answers only health and how to come to trust the certificate.
 */
export function createDoor(options: DoorOptions): Door {
  const { api, hosts, log, certificate } = options;
  const dev = options.dev ?? false;
  const hsts = certificate !== null && options.ca === null;
  const apiListener = getRequestListener(api.fetch, { overrideGlobalObjects: false });
  const web = createWebProxy(options.web, log, answerStarting);
  const io = createSockets((request) => mayConnect(request));

  const limits = {
    maxHeaderSize: 16_384,
    headersTimeout: 15_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
  };
  const plain = createServer(limits, onRequest);
  const secure =
    certificate === null
      ? null
      : createTlsServer({ ...limits, ...certificate, minVersion: "TLSv1.2" }, onRequest);
  const servers: Server[] = secure === null ? [plain] : [plain, secure];
  for (const server of servers) {
    server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
      else socket.destroy();
    });
    attachSockets(io, server, onUpgrade);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const metrics = options.metrics;
    if (metrics !== undefined) {
      const startedAt = performance.now();
      response.once("close", () => metrics.served(request, response, startedAt));
    }
    const passedOn = wasPassedOn(request);
    stripNextAction(request);
    setSecurityHeaders(response, hsts && isEncrypted(request));
    const where = placeOf(request);
    const path = pathOf(request);
    if (where === "stranger")
      return answerPage(request, response, 421, (...a) => refusedPage(...a, "refusedHost"));
    if (path === "/healthz") return answerJson(response, 200, { ok: true });
    if (path === "/trust" || path === "/trust/ca.crt") return answerTrust(request, response, path);
    if (where === "unprotected" && path !== "/api/v1/health") return sendToTrust(request, response, path);
    if (path === "/metrics") return answerMetrics(request, response, passedOn);
    if (path === "/api" || path.startsWith("/api/")) return void apiListener(request, response);
    if (isSocketPath(path)) return answerRefusal(response, new Refusal("not_found"));
    passToWeb(request, response);
  }

  /** For this machine itself, or whoever shows the token; a proxy beside us is not this machine. */
  function answerMetrics(request: IncomingMessage, response: ServerResponse, passedOn: boolean): void {
    const { metrics } = options;
    if (metrics === undefined) return answerRefusal(response, new Refusal("not_found"));
    const near = isLoopbackAddress(request.socket.remoteAddress) && !passedOn;
    if (!near && !showsToken(request, metrics.token)) {
      response.setHeader("www-authenticate", "Bearer");
      return answerRefusal(response, new Refusal("sign_in_needed"));
    }
    metrics.text().then(
      ({ text, type }) =>
        response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(text),
      (error: unknown) => {
        log.error({ err: error }, "metrics failed");
        response.writeHead(500).end();
      },
    );
  }

  /** Pages are read, never posted to: React's decoder of actions stays out of reach (CVE-2025-55182). */
  function passToWeb(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return answerPage(request, response, 405, (...a) => refusedPage(...a, "refusedMethod"));
    }
    if (hadNextAction.has(request))
      return answerPage(request, response, 400, (...a) => refusedPage(...a, "refusedMethod"));
    const nonce = newNonce();
    web.pass(request, response, contentSecurityPolicy(nonce, request.headers.host ?? "", dev), nonce);
  }

  const hadNextAction = new WeakSet<IncomingMessage>();
  function stripNextAction(request: IncomingMessage): void {
    if (request.headers["next-action"] !== undefined) hadNextAction.add(request);
    stripHeaders(request);
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    stripHeaders(request);
    if (mayConnect(request)) web.upgrade(request, socket, head);
    else socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
  }

  /** A browser names the page that opens a socket; it must be ours. Devices and edges send no Origin. */
  function mayConnect(request: IncomingMessage): boolean {
    if (placeOf(request) !== "open") return false;
    const { origin, host } = request.headers;
    return origin === undefined || origin === `${isEncrypted(request) ? "https" : "http"}://${host ?? ""}`;
  }

  /** `open`: everything; `unprotected`: plain http from elsewhere; `stranger`: under a name that is not ours. */
  function placeOf(request: IncomingMessage): "open" | "unprotected" | "stranger" {
    const name = hostName(request.headers.host);
    if (name === null || !hosts.allows(name)) return "stranger";
    if (isEncrypted(request)) return "open";
    return isLoopbackName(name) && isLoopbackAddress(request.socket.remoteAddress) ? "open" : "unprotected";
  }

  function sendToTrust(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (!wantsPage(request) || path.startsWith("/api/"))
      return answerRefusal(response, new Refusal("https_needed"));
    response.writeHead(302, { location: "/trust", "cache-control": "no-store" }).end();
  }

  function answerTrust(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (path === "/trust/ca.crt") {
      if (options.ca === null) return answerRefusal(response, new Refusal("not_found"));
      response
        .writeHead(200, { "content-type": "application/x-x509-ca-cert", "cache-control": "no-store" })
        .end(options.ca);
      return;
    }
    const asked = hostName(request.headers.host) ?? "localhost";
    // Who reads this at the server itself wants to show the code to a tablet.
    const name = isLoopbackName(asked) ? hosts.outside() : asked;
    const address = `https://${name.includes(":") ? `[${name}]` : name}:${portOf(secure)}/`;
    answerPage(request, response, 200, (language, nonce) => trustPage(language, nonce, address, options.ca));
  }

  function answerStarting(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("retry-after", "2");
    if (!wantsPage(request)) return answerJson(response, 503, { starting: true });
    answerPage(request, response, 503, startingPage);
  }

  function answerPage(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    make: (language: ReturnType<typeof pickLanguage>, nonce: string) => OwnPage | Promise<OwnPage>,
  ): void {
    const nonce = newNonce();
    Promise.resolve(make(pickLanguage(request.headers["accept-language"]), nonce)).then(
      ({ html, policy }) => {
        response.writeHead(status, {
          "content-type": "text/html; charset=utf-8",
          "cache-control": "no-store",
          "content-security-policy": policy,
        });
        response.end(request.method === "HEAD" ? undefined : html);
      },
      (error: unknown) => {
        log.error({ err: error }, "page failed");
        response.writeHead(500).end();
      },
    );
  }

  return {
    name: "door",
    io,
    ports: () => ({ http: portOf(plain), https: portOf(secure) }),
    async start() {
      await listen(plain, options.httpPort, "PORT");
      if (secure !== null) await listen(secure, options.httpsPort, "HTTPS_PORT");
      log.info(this.ports(), "door open");
    },
    async stop() {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      io.disconnectSockets(true);
      io.engine.close();
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
      web.stop();
    },
  };
}

function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  answerJson(response, statusOf(refusal.code), { refusal });
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** Whether somebody else asked for it, and a proxy on this machine passed it on. */
const wasPassedOn = (request: IncomingMessage): boolean =>
  ["forwarded", "via", "x-forwarded-for", "x-real-ip"].some((name) => request.headers[name] !== undefined);

function showsToken(request: IncomingMessage, token: string): boolean {
  const shown = /^Bearer ([\w-]{16,})$/.exec(request.headers.authorization ?? "")?.[1];
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return shown !== undefined && timingSafeEqual(hash(shown), hash(token));
}

const isEncrypted = (request: IncomingMessage): boolean => request.socket instanceof TLSSocket;
const wantsPage = (request: IncomingMessage): boolean =>
  request.headers.accept?.includes("text/html") ?? false;
const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?")[0] ?? "/";

function portOf(server: Server | null): number {
  return (server?.address() as AddressInfo | null | undefined)?.port ?? 0;
}

/** @throws Error in one clear sentence when the port is taken or not allowed */
async function listen(server: Server, port: number, setting: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "is taken"
          : error.code === "EACCES"
            ? "needs more rights"
            : error.message;
      reject(new Error(`Port ${port} ${why}; choose another with the setting ${setting}.`, { cause: error }));
    };
    server.once("error", refuse);
    server.listen(port, () => {
      server.off("error", refuse);
      resolve();
    });
  });
}
