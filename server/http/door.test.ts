import { mkdtemp, readFile, rm } from "node:fs/promises";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
} from "node:http";
import { request as tlsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { io as connectSocket, type Socket } from "socket.io-client";
import { silentLogger } from "#server/core/log.ts";
import { ensureCertificate } from "#server/launcher/certificates.ts";
import { createDoor, type Door } from "./door.ts";
import { readJsonBody } from "./body.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { createEndings } from "./endings.ts";
import { createHostList } from "./hosts.ts";
import { cutEndedSockets, sessionRooms } from "./sockets.ts";

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

let folder: string;
let certificate: { cert: string; key: string; ca: string };
let upstream: Server;
let door: Door;
const endings = createEndings();
/** A door before screens that are away. */
const awayDoor = {
  httpPort: 0,
  httpsPort: 0,
  certificate: null,
  ca: null,
  api: { fetch: echoApi },
  web: "http://127.0.0.1:9",
  hosts: createHostList(""),
  log: silentLogger,
};

/** What reached the process that renders screens. */
const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-door-"));
  const files = await ensureCertificate(folder, { HOSTS: "plant.example" } as never);
  certificate = {
    cert: await readFile(files.cert, "utf8"),
    key: await readFile(files.key, "utf8"),
    ca: await readFile(files.ca ?? "", "utf8"),
  };
  upstream = createServer((incoming, response) => {
    seen.push({ method: incoming.method ?? "", url: incoming.url ?? "", headers: { ...incoming.headers } });
    response.setHeader("content-security-policy", "default-src *");
    response.setHeader(
      "content-type",
      incoming.url?.endsWith(".js") === true ? "text/javascript" : "text/html; charset=utf-8",
    );
    response.end("<html>screen</html>");
  });
  upstream.on("upgrade", (_incoming, socket) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nhot reload",
    );
    socket.end();
  });
  await new Promise<void>((resolve) => {
    upstream.listen(0, "127.0.0.1", resolve);
  });
  door = createDoor({
    httpPort: 0,
    httpsPort: 0,
    certificate,
    ca: certificate.ca,
    api: { fetch: echoApi },
    web: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    hosts: createHostList("plant.example"),
    log: silentLogger,
  });
  door.io.of("/screens").on("connection", (socket) => {
    const id = socket.handshake.auth["session"] as string | undefined;
    if (id !== undefined) {
      const session = { kind: "badge", id, until: 0 } as const;
      void socket.join(
        sessionRooms({ session, actor: { kind: "nobody", name: "", roles: [] }, stationId: null }),
      );
    }
    socket.on("watch", (_what: unknown, answer: (a: string) => void) => answer("watching"));
  });
  door.io.of("/ingest").on("connection", (socket) => {
    socket.on("block", (frame: Uint8Array, answer: (a: number) => void) => answer(frame.byteLength));
  });
  cutEndedSockets(door.io, { onSessionEnded: (listener) => endings.listen(listener) });
  await door.start(new AbortController().signal);
});
afterAll(async () => {
  await door.stop();
  upstream.closeAllConnections();
  upstream.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  seen.length = 0;
});

/** Reads a body as our API does and says under which address it was asked. */
async function echoApi(asked: Request): Promise<Response> {
  try {
    const body = asked.method === "POST" ? await readJsonBody(asked) : null;
    return Response.json({ url: asked.url, forwarded: asked.headers.get("x-forwarded-host"), body });
  } catch (error) {
    return Response.json({ refusal: error }, { status: error instanceof Refusal ? 413 : 500 });
  }
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  readonly tls?: boolean;
  readonly ports?: { http: number; https: number };
}

function ask(
  path: string,
  { method = "GET", headers = {}, body, tls = false, ports = door.ports() }: Ask = {},
): Promise<Got> {
  const { http, https } = ports;
  const options = {
    host: "127.0.0.1",
    port: tls ? https : http,
    path,
    method,
    headers: { host: `localhost:${http}`, ...headers },
  };
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    };
    const sent = tls
      ? tlsRequest({ ...options, ca: certificate.ca, servername: "localhost" }, take)
      : request(options, take);
    sent.on("error", reject);
    sent.end(body);
  });
}

const html = { accept: "text/html" };
const elsewhere = { host: "plant.example" };

test("each page gets a policy with a nonce of its own, which Next finds in the request", async () => {
  const nonces = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await ask("/office", { headers: html });
    const policy = headers["content-security-policy"];
    expect(status).toBe(200);
    expect(policy).toBe(seen[i]?.headers["content-security-policy"]);
    const nonce = /script-src 'self' 'nonce-([^']+)' 'strict-dynamic';/.exec(String(policy))?.[1] ?? "";
    expect(seen[i]?.headers["x-nonce"]).toBe(nonce);
    expect(policy).toMatch(/object-src 'none'; base-uri 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|default-src \*/);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

test("every answer carries the headers that keep browsers strict, and no HSTS with our own authority", async () => {
  for (const got of [
    await ask("/office"),
    await ask("/api/v1/x"),
    await ask("/healthz"),
    await ask("/trust"),
    await ask("/x", { tls: true }),
  ]) {
    expect(got.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
    });
    expect(got.headers["permissions-policy"]).toContain("geolocation=()");
    expect(got.headers["strict-transport-security"]).toBeUndefined();
  }
});

test("with a certificate that browsers trust by themselves, https is asked for from then on", async () => {
  const trusted = createDoor({ ...awayDoor, certificate });
  await trusted.start(new AbortController().signal);
  try {
    const ports = trusted.ports();
    expect((await ask("/healthz", { tls: true, ports })).headers["strict-transport-security"]).toBe(
      "max-age=31536000",
    );
    expect((await ask("/healthz", { ports })).headers["strict-transport-security"]).toBeUndefined();
    expect((await ask("/trust/ca.crt", { ports })).status).toBe(404);
  } finally {
    await trusted.stop();
  }
});

test("nobody outside speaks to Next's inside or says where they come from", async () => {
  const forged = {
    "x-forwarded-host": "evil.example",
    "X-Forwarded-For": "10.0.0.1",
    forwarded: "for=10.0.0.1",
    "x-middleware-subrequest": "middleware:middleware",
    "x-nonce": "known",
    "content-security-policy": "script-src 'nonce-known'",
    "content-security-policy-report-only": "script-src 'nonce-known'",
    "x-nextjs-data": "1",
    "x-matched-path": "/admin",
    "x-vercel-id": "1",
    "accept-language": "de",
    rsc: "1",
  };
  await ask("/office", { headers: forged });
  const names = Object.keys(seen[0]?.headers ?? {});
  expect(names.filter((name) => /forwarded|middleware|nextjs|matched|vercel|report-only/.test(name))).toEqual(
    [],
  );
  expect(JSON.stringify(seen[0]?.headers)).not.toContain("known");
  expect(seen[0]?.headers).toMatchObject({ "accept-language": "de", rsc: "1" });
  expect(JSON.parse((await ask("/api/v1/x", { headers: forged })).text).forwarded).toBeNull();
});

test("pages are read, never posted to, and a server action never reaches Next", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    expect((await ask("/office", { method, body: "x", headers: { "content-length": "1" } })).status).toBe(
      405,
    );
  }
  expect((await ask("/office", { headers: { "next-action": "abc" } })).status).toBe(400);
  expect((await ask("/office", { method: "POST", headers: { "Next-Action": "abc" } })).status).toBe(405);
  expect(seen).toEqual([]);
});

test("a name that is not ours is not answered, on http, https and sockets", async () => {
  for (const host of ["evil.example", "localhost.evil.example", "plant.example.evil", "localhost@evil"]) {
    for (const tls of [false, true]) {
      const got = await ask("/api/v1/x", { headers: { host, "accept-language": "es" }, tls });
      expect([host, got.status]).toEqual([host, 421]);
      expect(got.text).toContain("Esta planta no responde a ese nombre");
    }
  }
  expect(await raw("GET /healthz HTTP/1.1\r\nhost:\r\n\r\n")).toMatch(/^HTTP\/1.1 421/);
  expect(await raw("GET /healthz HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
  expect((await ask("/office", { headers: { host: "127.0.0.1:1" } })).status).toBe(200);
  expect((await ask("/office", { headers: elsewhere, tls: true })).status).toBe(200);
  expect(await handshake({ host: "evil.example" })).toMatch(/^HTTP\/1.1 400|^HTTP\/1.1 403/);
});

test("off loopback, plain http answers only health and how to trust the certificate", async () => {
  expect((await ask("/healthz", { headers: elsewhere })).status).toBe(200);
  expect((await ask("/api/v1/health", { headers: elsewhere })).status).toBe(200);
  const api = await ask("/api/v1/machines", { headers: { ...elsewhere, ...html } });
  expect([api.status, JSON.parse(api.text)]).toEqual([
    403,
    { refusal: { code: "https_needed", params: {} } },
  ]);
  const page = await ask("/office", { headers: { ...elsewhere, ...html } });
  expect([page.status, page.headers.location]).toEqual([302, "/trust"]);
  expect((await ask("/_next/static/a.js", { headers: elsewhere })).status).toBe(403);
  expect(await handshake(elsewhere)).toMatch(/^HTTP\/1.1 403|^HTTP\/1.1 400/);
  expect(seen).toEqual([]);
});

test("the trust page says in the reader's language what to do, with QR code, certificate and fingerprint", async () => {
  const { https } = door.ports();
  for (const [language, words, direction] of [
    ["de-AT,de;q=0.9,en;q=0.5", "Dieses Gerät verbinden", 'lang="de" dir="ltr"'],
    ["ar", "توصيل هذا الجهاز", 'lang="ar" dir="rtl"'],
    ["fr", "Connect this device", 'lang="en" dir="ltr"'],
  ]) {
    const { text, headers } = await ask("/trust", {
      headers: { ...elsewhere, "accept-language": language ?? "" },
    });
    expect(text).toContain(words);
    expect(text).toContain(direction);
    expect(text).toContain(`https://plant.example:${https}/`);
    expect(text).toContain("<svg");
    expect(text).toMatch(/([0-9A-F]{2}:){31}[0-9A-F]{2}/);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
  }
  const { text, headers } = await ask("/trust/ca.crt", { headers: elsewhere });
  expect(text).toBe(certificate.ca);
  expect(headers["content-type"]).toBe("application/x-x509-ca-cert");
});

test("https answers under our own certificate, and the API knows the address it was asked under", async () => {
  const host = `plant.example:${door.ports().https}`;
  expect(JSON.parse((await ask("/api/v1/x?a=1", { headers: { host }, tls: true })).text).url).toBe(
    `https://${host}/api/v1/x?a=1`,
  );
  expect(JSON.parse((await ask("/api/v1/x", { headers: { host: "localhost" } })).text).url).toBe(
    "http://localhost/api/v1/x",
  );
});

test("a body of 10 MB is refused with words, and the door stands", async () => {
  const body = Buffer.alloc(10 * 1024 * 1024, 32);
  const got = await ask("/api/v1/x", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect([got.status, JSON.parse(got.text).refusal.code]).toEqual([413, "too_large"]);
  expect((await ask("/healthz")).status).toBe(200);
});

test("while the screens' process is away, a page says so and looks again by itself", async () => {
  const away = createDoor(awayDoor);
  await away.start(new AbortController().signal);
  try {
    const page = await fetch(`http://localhost:${away.ports().http}/office`, {
      headers: { ...html, "accept-language": "ar" },
    });
    expect([page.status, page.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await page.text()).toMatch(
      /<html lang="ar" dir="rtl">[^]*http-equiv="refresh" content="2"[^]*يجري تشغيل/,
    );
    const data = await fetch(`http://localhost:${away.ports().http}/office`, { headers: { accept: "*/*" } });
    expect(await data.json()).toEqual({ starting: true });
    expect((await fetch(`http://localhost:${away.ports().http}/api/v1/x`)).status).toBe(200);
  } finally {
    await away.stop();
  }
});

test("a taken port is one clear sentence", async () => {
  const second = createDoor({ ...awayDoor, httpPort: door.ports().http });
  await expect(second.start(new AbortController().signal)).rejects.toThrow(
    `Port ${door.ports().http} is taken; choose another with the setting PORT.`,
  );
});

test("what is no HTTP gets 400 and the door stands", async () => {
  const answer = await raw("NONSENSE\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1.1 400/);
  expect((await ask("/healthz")).status).toBe(200);
});

/** Sends bytes and reads until the other side closes or has answered with a whole head. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(door.ports().http, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString();
      if (got.includes("\r\n\r\n")) socket.end();
    });
    socket.on("close", () => resolve(got));
    socket.on("error", reject);
  });
}

function handshake(
  headers: Record<string, string>,
  path = "/socket.io/?EIO=4&transport=websocket",
): Promise<string> {
  const all = {
    host: `localhost:${door.ports().http}`,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return raw([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
}

test("a socket is opened by our own pages and by devices, not by other pages, and not by polling", async () => {
  const own = `http://localhost:${door.ports().http}`;
  expect(await handshake({ origin: own })).toMatch(/^HTTP\/1.1 101/);
  expect(await handshake({})).toMatch(/^HTTP\/1.1 101/);
  for (const origin of ["https://evil.example", own.replace("http", "https"), "null", "http://localhost"]) {
    expect([origin, await handshake({ origin })]).toEqual([
      origin,
      expect.stringMatching(/^HTTP\/1.1 400[^]*Forbidden$/),
    ]);
  }
  expect((await ask("/socket.io/?EIO=4&transport=polling")).status).toBe(400);
});

test("the hot reload of development passes to Next, but only for our own pages", async () => {
  const hmr = "/_next/webpack-hmr";
  expect(await handshake({ origin: `http://localhost:${door.ports().http}` }, hmr)).toMatch(
    /^HTTP\/1.1 101[^]*/,
  );
  expect(await handshake({ origin: "https://evil.example" }, hmr)).toMatch(/^HTTP\/1.1 403/);
});

function open(namespace: string, options: { tls?: boolean; session?: string } = {}): Socket {
  const { http, https } = door.ports();
  const url =
    options.tls === true ? `https://localhost:${https}${namespace}` : `http://localhost:${http}${namespace}`;
  const auth = options.session === undefined ? {} : { session: options.session };
  return connectSocket(url, {
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    ca: certificate.ca,
    auth,
  });
}

test("an edge's block of 256 KB arrives on http and on https; a screen may say far less", async () => {
  for (const tls of [false, true]) {
    const edge = open("/ingest", { tls });
    expect(await edge.emitWithAck("block", new Uint8Array(256 * 1024))).toBe(256 * 1024);
    edge.disconnect();
  }
  const screen = open("/screens");
  expect(await screen.emitWithAck("watch", { scopes: ["plant"] })).toBe("watching");
  const closed = new Promise((resolve) => screen.once("disconnect", resolve));
  screen.emit("watch", { scopes: ["x".repeat(70_000)] }, () => {});
  expect(await closed).toBe("transport close");
});

test("signing off cuts the person's sockets and nobody else's", async () => {
  const [ada, ben] = [open("/screens", { session: "ada" }), open("/screens", { session: "ben" })];
  await ada.emitWithAck("watch", {});
  await ben.emitWithAck("watch", {});
  const cut = new Promise((resolve) => ada.once("disconnect", resolve));
  endings.announce({ sessionIds: ["ada"] });
  expect(await cut).toMatch(/server disconnect|transport close/);
  expect(await ben.emitWithAck("watch", {})).toBe("watching");
  ben.disconnect();
});
