import { Agent, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { createProxyServer } from "httpxy";
import type { Logger } from "#server/core/log.ts";

export interface WebProxy {
  /** Hands a request on; `policy` is the page's content security policy, which Next reads its nonce from. */
  pass(request: IncomingMessage, response: ServerResponse, policy: string, nonce: string): void;
  /** Hands an upgrade on (next dev's hot reload). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  stop(): void;
}

/**
 * The way to the process that renders screens, on loopback.
 * @param onAway answers a request when that process cannot be reached
 */
export function createWebProxy(
  origin: string,
  log: Logger,
  onAway: (request: IncomingMessage, response: ServerResponse) => void,
): WebProxy {
  // No kept connections: one that Next closes in the moment it is used again would cost a page its script.
  const agent = new Agent({ keepAlive: false, maxSockets: 256 });
  const proxy = createProxyServer({ target: origin, agent, xfwd: false, proxyTimeout: 60_000 });
  const policies = new WeakMap<IncomingMessage, string>();

  proxy.on("proxyRes", (answer, request) => {
    for (const name of Object.keys(answer.headers)) {
      if (name.startsWith("content-security-policy") || name === "x-powered-by") delete answer.headers[name];
    }
    const policy = policies.get(request);
    const isPage = answer.headers["content-type"]?.startsWith("text/html") ?? false;
    if (policy !== undefined && isPage) answer.headers["content-security-policy"] = policy;
  });
  proxy.on("error", (error, request, response) => {
    if (request === undefined || response === undefined) return;
    if (!(response instanceof ServerResponse) || response.headersSent) {
      response.destroy();
      return;
    }
    log.debug({ err: error, path: request.url }, "web is away");
    onAway(request, response);
  });

  return {
    pass(request, response, policy, nonce) {
      policies.set(request, policy);
      request.headers["content-security-policy"] = policy;
      request.headers["x-nonce"] = nonce;
      proxy.web(request, response).catch((error: unknown) => log.warn({ err: error }, "proxy failed"));
    },
    upgrade(request, socket, head) {
      // The server's sockets are Node sockets on TCP or TLS; the library names only the former.
      const plain = socket as Parameters<typeof proxy.ws>[1];
      proxy.ws(request, plain, {}, head).catch(() => socket.destroy());
    },
    stop: () => agent.destroy(),
  };
}
