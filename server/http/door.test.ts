import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Refusal } from "#server/core/refusal.contract.ts";
import { readJsonBody } from "./body.ts";
import { awayDoor, openTestDoor, type TestDoor } from "./door-testing.ts";
import { createDoor } from "./door.ts";

let house: TestDoor;
beforeAll(async () => {
  house = await openTestDoor({ fetch: echoApi });
});
afterAll(() => house.close());
beforeEach(() => {
  house.seen.length = 0;
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

const html = { accept: "text/html" };
const elsewhere = { host: "plant.example" };

test("each page gets a policy with a nonce of its own, which Next finds in the request", async () => {
  const nonces = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await house.ask("/office", { headers: html });
    const policy = headers["content-security-policy"];
    expect(status).toBe(200);
    expect(policy).toBe(house.seen[i]?.headers["content-security-policy"]);
    const nonce = /script-src 'self' 'nonce-([^']+)' 'strict-dynamic';/.exec(String(policy))?.[1] ?? "";
    expect(house.seen[i]?.headers["x-nonce"]).toBe(nonce);
    expect(policy).toMatch(/object-src 'none'; base-uri 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|default-src \*/);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

test("every answer carries the headers that keep browsers strict, and no HSTS with our own authority", async () => {
  for (const got of [
    await house.ask("/office"),
    await house.ask("/api/v1/x"),
    await house.ask("/healthz"),
    await house.ask("/trust"),
    await house.ask("/x", { tls: true }),
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
  const trusted = createDoor({ ...awayDoor({ fetch: echoApi }), certificate: house.certificate });
  await trusted.start(new AbortController().signal);
  try {
    expect(
      (await house.ask("/healthz", { tls: true, door: trusted })).headers["strict-transport-security"],
    ).toBe("max-age=31536000");
    expect(
      (await house.ask("/healthz", { door: trusted })).headers["strict-transport-security"],
    ).toBeUndefined();
    expect((await house.ask("/trust/ca.crt", { door: trusted })).status).toBe(404);
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
  await house.ask("/office", { headers: forged });
  const names = Object.keys(house.seen[0]?.headers ?? {});
  expect(names.filter((name) => /forwarded|middleware|nextjs|matched|vercel|report-only/.test(name))).toEqual(
    [],
  );
  expect(JSON.stringify(house.seen[0]?.headers)).not.toContain("known");
  expect(house.seen[0]?.headers).toMatchObject({ "accept-language": "de", rsc: "1" });
  expect(JSON.parse((await house.ask("/api/v1/x", { headers: forged })).text).forwarded).toBeNull();
});

test("pages are read, never posted to, and a server action never reaches Next", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    expect(
      (await house.ask("/office", { method, body: "x", headers: { "content-length": "1" } })).status,
    ).toBe(405);
  }
  expect((await house.ask("/office", { headers: { "next-action": "abc" } })).status).toBe(400);
  expect((await house.ask("/office", { method: "POST", headers: { "Next-Action": "abc" } })).status).toBe(
    405,
  );
  expect(house.seen).toEqual([]);
});

test("a name that is not ours is not answered, on http, https and sockets", async () => {
  for (const host of ["evil.example", "localhost.evil.example", "plant.example.evil", "localhost@evil"]) {
    for (const tls of [false, true]) {
      const got = await house.ask("/api/v1/x", { headers: { host, "accept-language": "es" }, tls });
      expect([host, got.status]).toEqual([host, 421]);
      expect(got.text).toContain("Esta planta no responde a ese nombre");
    }
  }
  expect(await house.raw("GET /healthz HTTP/1.1\r\nhost:\r\n\r\n")).toMatch(/^HTTP\/1.1 421/);
  expect(await house.raw("GET /healthz HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
  expect((await house.ask("/office", { headers: { host: "127.0.0.1:1" } })).status).toBe(200);
  expect((await house.ask("/office", { headers: elsewhere, tls: true })).status).toBe(200);
  expect(await house.handshake({ host: "evil.example" })).toMatch(/^HTTP\/1.1 400|^HTTP\/1.1 403/);
});

test("off loopback, plain http answers only health and how to trust the certificate", async () => {
  expect((await house.ask("/healthz", { headers: elsewhere })).status).toBe(200);
  expect((await house.ask("/api/v1/health", { headers: elsewhere })).status).toBe(200);
  const api = await house.ask("/api/v1/machines", { headers: { ...elsewhere, ...html } });
  expect([api.status, JSON.parse(api.text)]).toEqual([
    403,
    { refusal: { code: "https_needed", params: {} } },
  ]);
  const page = await house.ask("/office", { headers: { ...elsewhere, ...html } });
  expect([page.status, page.headers.location]).toEqual([302, "/trust"]);
  expect((await house.ask("/_next/static/a.js", { headers: elsewhere })).status).toBe(403);
  expect(await house.handshake(elsewhere)).toMatch(/^HTTP\/1.1 403|^HTTP\/1.1 400/);
  expect(house.seen).toEqual([]);
});

test("the trust page says in the reader's language what to do, with QR code, certificate and fingerprint", async () => {
  const { https } = house.door.ports();
  for (const [language, words, direction] of [
    ["de-AT,de;q=0.9,en;q=0.5", "Dieses Gerät verbinden", 'lang="de" dir="ltr"'],
    ["ar", "توصيل هذا الجهاز", 'lang="ar" dir="rtl"'],
    ["fr", "Connect this device", 'lang="en" dir="ltr"'],
  ]) {
    const { text, headers } = await house.ask("/trust", {
      headers: { ...elsewhere, "accept-language": language ?? "" },
    });
    expect(text).toContain(words);
    expect(text).toContain(direction);
    expect(text).toContain(`https://plant.example:${https}/`);
    expect(text).toContain("<svg");
    expect(text).toMatch(/([0-9A-F]{2}:){31}[0-9A-F]{2}/);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
  }
  const { text, headers } = await house.ask("/trust/ca.crt", { headers: elsewhere });
  expect(text).toBe(house.ca);
  expect(headers["content-type"]).toBe("application/x-x509-ca-cert");
});

test("https answers under our own certificate, and the API knows the address it was asked under", async () => {
  const host = `plant.example:${house.door.ports().https}`;
  expect(JSON.parse((await house.ask("/api/v1/x?a=1", { headers: { host }, tls: true })).text).url).toBe(
    `https://${host}/api/v1/x?a=1`,
  );
  expect(JSON.parse((await house.ask("/api/v1/x", { headers: { host: "localhost" } })).text).url).toBe(
    "http://localhost/api/v1/x",
  );
});

test("a body of 10 MB is refused with words, and the door stands", async () => {
  const body = Buffer.alloc(10 * 1024 * 1024, 32);
  const got = await house.ask("/api/v1/x", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect([got.status, JSON.parse(got.text).refusal.code]).toEqual([413, "too_large"]);
  expect((await house.ask("/healthz")).status).toBe(200);
});

test("while the screens' process is away, a page says so and looks again by itself", async () => {
  const away = createDoor(awayDoor({ fetch: echoApi }));
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
  const second = createDoor({ ...awayDoor({ fetch: echoApi }), httpPort: house.door.ports().http });
  await expect(second.start(new AbortController().signal)).rejects.toThrow(
    `Port ${house.door.ports().http} is taken; choose another with the setting PORT.`,
  );
});

test("what is no HTTP gets 400 and the door stands", async () => {
  const answer = await house.raw("NONSENSE\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1.1 400/);
  expect((await house.ask("/healthz")).status).toBe(200);
});
