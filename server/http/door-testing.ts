import { mkdtemp, readFile, rm } from "node:fs/promises";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type RequestListener,
} from "node:http";
import { request as tlsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#server/core/log.ts";
import { ensureCertificate } from "#server/launcher/certificates.ts";
import { createDoor, type Door, type DoorOptions } from "./door.ts";
import { createHostList } from "./hosts.ts";

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  readonly tls?: boolean;
  readonly door?: Door;
}

/** A real door on real ports before a tiny real process in the place of Next. */
export interface TestDoor {
  readonly door: Door;
  /** What reached the process that renders screens. */
  readonly seen: { method: string; url: string; headers: IncomingHttpHeaders }[];
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly ca: string;
  ask(path: string, ask?: Ask): Promise<Got>;
  /** Sends bytes and reads until the other side closes or has answered with a whole head. */
  raw(text: string): Promise<string>;
  /** Asks for a WebSocket and returns the head of the answer. */
  handshake(headers: Record<string, string>, path?: string): Promise<string>;
  close(): Promise<void>;
}

/** A door whose screens are away. */
export function awayDoor(api: DoorOptions["api"]): DoorOptions {
  const ports = { httpPort: 0, httpsPort: 0, certificate: null, ca: null } as const;
  return { ...ports, api, web: "http://127.0.0.1:9", hosts: createHostList(""), log: silentLogger };
}

/** @param prepare hangs namespaces on the door before it opens @param more what else the door is given */
export async function openTestDoor(
  api: DoorOptions["api"],
  prepare: (door: Door) => void = () => {},
  more: Pick<DoorOptions, "metrics"> = {},
): Promise<TestDoor> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-door-"));
  const files = await ensureCertificate(folder, {
    HOSTS: "plant.example",
    TLS_CERT: undefined,
    TLS_KEY: undefined,
  });
  const [cert, key, ca] = await Promise.all(
    [files.cert, files.key, files.ca ?? ""].map((path) => readFile(path, "utf8")),
  );
  if (cert === undefined || key === undefined || ca === undefined) throw new Error("no certificate");
  const certificate = { cert, key };

  const seen: TestDoor["seen"] = [];
  const screens: RequestListener = (incoming, response) => {
    seen.push({ method: incoming.method ?? "", url: incoming.url ?? "", headers: { ...incoming.headers } });
    response.setHeader("content-security-policy", "default-src *");
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end("<html>screen</html>");
  };
  const upstream = createServer(screens);
  upstream.on("upgrade", (_incoming, socket) => {
    socket.end("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");
  });
  await new Promise<void>((resolve) => {
    upstream.listen(0, "127.0.0.1", resolve);
  });
  const web = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const hosts = createHostList("plant.example");
  const door = createDoor({ ...awayDoor(api), ...more, certificate, ca, web, hosts });
  prepare(door);
  await door.start(new AbortController().signal);

  const ask: TestDoor["ask"] = (
    path,
    { method = "GET", headers = {}, body, tls = false, door: other = door } = {},
  ) => {
    const { http, https } = other.ports();
    const given = { host: `localhost:${http}`, ...headers };
    const options = { host: "127.0.0.1", port: tls ? https : http, path, method, headers: given };
    return new Promise((resolve, reject) => {
      const take = (answer: IncomingMessage) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
      };
      const sent = tls
        ? tlsRequest({ ...options, ca, servername: "localhost" }, take)
        : request(options, take);
      sent.on("error", reject);
      sent.end(body);
    });
  };
  const raw: TestDoor["raw"] = (text) =>
    new Promise((resolve, reject) => {
      const socket = connect(door.ports().http, "127.0.0.1", () => socket.write(text));
      let got = "";
      socket.on("data", (chunk) => {
        got += chunk.toString();
        if (got.includes("\r\n\r\n")) socket.end();
      });
      socket.on("close", () => resolve(got));
      socket.on("error", reject);
    });
  const handshake: TestDoor["handshake"] = (headers, path = "/socket.io/?EIO=4&transport=websocket") => {
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
  };
  return {
    door,
    seen,
    certificate,
    ca,
    ask,
    raw,
    handshake,
    async close() {
      await door.stop();
      upstream.closeAllConnections();
      upstream.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
