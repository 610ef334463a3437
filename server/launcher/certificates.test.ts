import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ManualClock, systemClock } from "#server/core/clock.ts";
import { certificateNames, checkHosts, ensureCertificate, spkiHash } from "./certificates.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "certificates-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Opens a real TLS connection that trusts our authority only, under the given name. */
async function reach(files: { cert: string; key: string; ca: string | null }, servername: string) {
  const [cert, key, ca] = await Promise.all([
    readFile(files.cert),
    readFile(files.key),
    readFile(files.ca ?? files.cert),
  ]);
  const server = createServer({ cert, key }, (socket) => socket.end());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    return await new Promise<string>((done) => {
      const socket = connect({ host: "127.0.0.1", port, servername, ca });
      socket.once("secureConnect", () => done("verified"));
      socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    });
  } finally {
    await new Promise((done) => server.close(done));
  }
}

test("a browser that trusts the local authority reaches the plant under each of its names, and no other", async () => {
  const files = await ensureCertificate(folder, { HOSTS: "plant.example, press-hall" });
  expect(await reach(files, "localhost")).toBe("verified");
  expect(await reach(files, "plant.example")).toBe("verified");
  expect(await reach(files, "press-hall")).toBe("verified");
  expect(await reach(files, hostname().toLowerCase())).toBe("verified");
  expect(await reach(files, "other.example")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
});

test("the certificate stays while its names do; a new host renews it and keeps the authority", async () => {
  const first = await ensureCertificate(folder, { HOSTS: "" });
  const leaf = await readFile(first.cert, "utf8");
  const authority = await readFile(first.ca ?? "", "utf8");
  await ensureCertificate(folder, { HOSTS: "" });
  expect(await readFile(first.cert, "utf8")).toBe(leaf);
  const hash = await spkiHash(first.cert);
  expect(hash).toMatch(/^[A-Za-z0-9+/]{43}=$/);

  await ensureCertificate(folder, { HOSTS: "192.0.2.7" });
  expect(await readFile(first.cert, "utf8")).not.toBe(leaf);
  expect(await readFile(first.ca ?? "", "utf8")).toBe(authority);
  expect(await reach(first, "localhost")).toBe("verified");
});

test("a certificate that would end within a year's run is renewed at a start", async () => {
  const clock = new ManualClock(systemClock.now());
  const files = await ensureCertificate(folder, { HOSTS: "" }, clock);
  const leaf = await readFile(files.cert, "utf8");
  clock.advance(300 * 86_400_000);
  await ensureCertificate(folder, { HOSTS: "" }, clock);
  expect(await readFile(files.cert, "utf8")).toBe(leaf);
  clock.advance(150 * 86_400_000);
  await ensureCertificate(folder, { HOSTS: "" }, clock);
  expect(await readFile(files.cert, "utf8")).not.toBe(leaf);
});

test("a half-written authority is made anew", async () => {
  const files = await ensureCertificate(folder, { HOSTS: "" });
  await writeFile(join(folder, "authority-key.pem"), "-----BEGIN PRI");
  await ensureCertificate(folder, { HOSTS: "" });
  expect(await reach(files, "localhost")).toBe("verified");
});

test("keys are readable by their owner only", async () => {
  const files = await ensureCertificate(folder, { HOSTS: "" });
  for (const path of [files.key, join(folder, "authority-key.pem")]) {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }
});

test("an own certificate is taken as it is, and one clear sentence says what does not fit", async () => {
  const made = await ensureCertificate(folder, { HOSTS: "" });
  const own = { TLS_CERT: made.cert, TLS_KEY: made.key, HOSTS: "" };
  expect(await ensureCertificate("/nowhere", own)).toEqual({ cert: made.cert, key: made.key, ca: null });
  const stranger = { ...own, TLS_KEY: join(folder, "authority-key.pem") };
  await expect(ensureCertificate("/nowhere", stranger)).rejects.toThrow(/does not belong to the certificate/);
  await expect(ensureCertificate("/nowhere", { ...own, TLS_KEY: made.cert })).rejects.toThrow(
    /no private key/,
  );
  await expect(ensureCertificate("/nowhere", { ...own, TLS_CERT: "/nowhere/x.pem" })).rejects.toThrow(
    /TLS_CERT cannot be read/,
  );
  const later = new ManualClock(systemClock.now() + 900 * 86_400_000);
  await expect(ensureCertificate("/nowhere", own, later)).rejects.toThrow(/ended on .*: renew it/);
});

test("HOSTS names hosts, not addresses of pages", () => {
  expect(() => checkHosts("https://plant:3443")).toThrow(/HOSTS names "https:\/\/plant:3443"/);
  expect(() => checkHosts("plant, 10.0.0.5, fd00::5")).not.toThrow();
  expect(certificateNames("Plant")).toEqual(
    expect.arrayContaining(["localhost", "127.0.0.1", "::1", "plant"]),
  );
});
