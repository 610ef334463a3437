import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// What @peculiar/x509 stands on; it must be there first.
import "reflect-metadata";
import { KeyUsagesExtension, SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";
import type { OPCUAServerOptions } from "node-opcua-server";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { RecordingSink } from "../driver-contract.ts";
import { EdgeFiles } from "../edge-files.ts";
import { storeOf } from "../simulator/opcua-server.ts";
import { createOpcUaDriver } from "./driver.ts";
import { ensureIdentity, type Identity, thumbprintsOf } from "./identity.ts";
import type { OpcUaConfigInput } from "./opcua.contract.ts";
import {
  DataType,
  driverFor,
  edgeFiles,
  machineIdentity,
  node,
  sentences,
  started,
  stopAll,
  TestMachine,
  testFolder,
  values,
  warmUp,
  warmUpMs,
} from "./testing.ts";
import { TrustList } from "./trust.ts";

let machineCertificate: Identity;
beforeAll(async () => {
  await warmUp();
  machineCertificate = await machineIdentity();
}, warmUpMs);
afterEach(stopAll);
// A try that is lost on a busy machine costs its time limit, and the next one succeeds.
vi.setConfig({ testTimeout: 20_000 });

const nodes = [{ metric: "m/A", node: node("m/A") }];
const machineWith = (server: OPCUAServerOptions = {}): TestMachine =>
  new TestMachine({ server, build: (namespace, it) => void it.add(namespace, "m/A", "Double") });
const signed = { mode: "signAndEncrypt" } as const;

async function hears(machine: TestMachine, config: Partial<OpcUaConfigInput>): Promise<RecordingSink> {
  const { sink } = await started(machine, { nodes, ...config });
  machine.set("m/A", DataType.Double, 1);
  await sink.until(() => values(sink, "m/A").includes(1));
  return sink;
}

async function refusal(machine: TestMachine, config: Partial<OpcUaConfigInput>): Promise<string> {
  const { driver, sink } = await started(machine, { nodes, ...config });
  await sink.until(() => sentences(sink, "death").length > 0);
  expect(driver.health().connected).toBe(false);
  return sentences(sink, "death")[0] ?? "";
}

test.each([
  ["sign", "Basic256Sha256"],
  ["signAndEncrypt", "Basic256Sha256"],
  ["signAndEncrypt", "Aes128_Sha256_RsaOaep"],
  ["signAndEncrypt", "Aes256_Sha256_RsaPss"],
] as const)("a trusted machine is heard with %s and %s", async (mode, policy) => {
  const sink = await hears(machineWith(), {
    security: { mode, policy },
    trusted: [machineCertificate.thumbprint],
  });
  expect(sentences(sink, "death")).toEqual([]);
});

test("a signed link that is cut goes on, and a restart of the machine is survived", async () => {
  const machine = machineWith();
  const sink = await hears(machine, { security: signed, trusted: [machineCertificate.thumbprint] });
  const births = () => sink.events.filter(({ kind }) => kind === "birth").length;
  const gaps = sentences(sink, "gap").length;
  machine.wire.cut();
  await sink.until(() => births() === 2);
  expect(sentences(sink, "gap")).toHaveLength(gaps);
  await machine.down();
  await machine.up();
  await sink.until(() => births() === 3);
  machine.set("m/A", DataType.Double, 2);
  await sink.until(() => values(sink, "m/A").includes(2));
});

test("a machine that nobody trusts is not connected to, and its thumbprint is told", async () => {
  const machine = machineWith();
  const sentence = await refusal(machine, { security: signed });
  expect(sentence).toContain("is not trusted");
  expect(sentence).toContain(machineCertificate.thumbprint);
  expect(machine.server?.currentSessionCount).toBe(0);
});

test("what a server showed is told with its days, refused or not, and with the edge's own certificate beside it", async () => {
  const machine = machineWith();
  const { driver, sink } = await started(machine, { nodes, security: signed });
  await sink.until(() => sentences(sink, "death").length > 0);
  const shown = driver.health().certificates;
  expect(shown?.server).toMatchObject({
    sha1: machineCertificate.thumbprint,
    validUntil: machineCertificate.validUntil,
    subject: expect.stringContaining("CN=Millwright test-machine"),
  });
  const own = await ensureIdentity(join(await testFolder(), "edge"), "edge-1", systemClock);
  expect(shown?.own).toEqual({ sha1: own.thumbprint, validUntil: own.validUntil, pem: own.pem });
  // Where nothing is encrypted nobody shows a certificate, and none is spoken of.
  const open = await started(machineWith(), { nodes });
  await open.sink.until(() => open.driver.health().connected);
  expect(open.driver.health().certificates).toBeNull();
});

test("a connection that outlives its server's certificate goes on, and says that it is over", async () => {
  const machine = machineWith();
  let ahead = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  await machine.up();
  const driver = createOpcUaDriver({
    source: "machine",
    config: { url: machine.url, nodes, security: signed, trusted: [machineCertificate.thumbprint] },
    folder: join(await testFolder(), "edge"),
    hostId: "edge-1",
    files: new EdgeFiles(edgeFiles),
    clock,
    log: silentLogger,
  });
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  try {
    await sink.until(() => driver.health().connected);
    expect(driver.health().problem).toBeNull();
    ahead = machineCertificate.validUntil - systemClock.now() + 1;
    expect(driver.health()).toMatchObject({
      connected: true,
      problem: expect.stringContaining("expired on"),
    });
    machine.wire.cut();
    await sink.until(() => sentences(sink, "death").some((sentence) => sentence.includes("expired on")));
    expect(driver.health().connected).toBe(false);
  } finally {
    await driver.stop();
    await machine.down();
  }
});

test("trusting a thumbprint, SHA-1 or SHA-256, lets that machine in and no other", async () => {
  const der = Buffer.from(
    readFileSync(machineCertificate.certificateFile, "utf8").replaceAll(/-----[^-]+-----|\s/g, ""),
    "base64",
  );
  const { sha256 } = thumbprintsOf(der);
  const shown = sha256.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:");
  await hears(machineWith(), { security: signed, trusted: [shown] });
  const another = "0".repeat(40);
  expect(await refusal(machineWith(), { security: signed, trusted: [another] })).toContain("is not trusted");
});

/** A certificate of the machine that was valid only last year. */
async function expiredIdentity(): Promise<Identity> {
  const past = { ...systemClock, now: () => Date.parse("2001-01-01T00:00:00Z") };
  return ensureIdentity(join(await testFolder(), "expired"), "expired", past);
}

test("a certificate that expired is refused with its day, although it is trusted", async () => {
  const old = await expiredIdentity();
  const machine = machineWith({ certificateFile: old.certificateFile, privateKeyFile: old.keyFile });
  const sentence = await refusal(machine, { security: signed, trusted: [old.thumbprint] });
  expect(sentence).toMatch(/expired on 20\d\d-\d\d-\d\d: make a new one at the machine/);
});

test("a certificate that is not valid yet speaks of clocks", async () => {
  const early = { ...systemClock, now: () => Date.parse("1999-01-01T00:00:00Z") };
  const list = new TrustList("opc.tcp://m", [machineCertificate.thumbprint], early);
  const pem = readFileSync(machineCertificate.certificateFile, "utf8");
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  expect((await list.checkCertificate(der)).name).toBe("BadCertificateTimeInvalid");
  expect(list.refusal).toContain("set the clock of the edge");
});

test("a machine that changed its certificate is refused until the new one is trusted", async () => {
  const machine = machineWith();
  const sink = await hears(machine, { security: signed, trusted: [machineCertificate.thumbprint] });
  await machine.down();
  const other = await ensureIdentity(join(await testFolder(), "other"), "other", systemClock);
  await machine.up({ server: { certificateFile: other.certificateFile, privateKeyFile: other.keyFile } });
  await sink.until(() => sentences(sink, "death").some((sentence) => sentence.includes(other.thumbprint)));
});

test("a machine that does not trust this edge says what must be trusted there", async () => {
  const machine = machineWith({ serverCertificateManager: storeOf(() => false) });
  const sentence = await refusal(machine, { security: signed, trusted: [machineCertificate.thumbprint] });
  const own = await ensureIdentity(join(await testFolder(), "edge"), "edge-1", systemClock);
  expect(sentence).toContain(`trust the one with thumbprint ${own.thumbprint} at the machine`);
});

test("security that the machine does not offer is told as such", async () => {
  const server = {
    securityModes: [1],
    securityPolicies: ["http://opcfoundation.org/UA/SecurityPolicy#None"],
  };
  const sentence = await refusal(machineWith(server as never), {
    security: signed,
    trusted: [machineCertificate.thumbprint],
  });
  expect(sentence).toContain("offers nothing with signAndEncrypt and Basic256Sha256");
});

const userManager = {
  isValidUser: (name: string, password: string) => name === "mes" && password === "s3cret",
};

function passwordFile(password: string): string {
  const name = `password-${password.length}`;
  writeFileSync(join(edgeFiles, name), `${password}\n`, { mode: 0o600 });
  return name;
}

test("a user comes in with the password of a file, and a wrong one is told without it", async () => {
  const server = { allowAnonymous: false, userManager };
  const trusted = [machineCertificate.thumbprint];
  const user = { kind: "password", name: "mes", passwordFile: passwordFile("s3cret") } as const;
  await hears(machineWith(server), { security: signed, trusted, user });
  const wrong = { ...user, passwordFile: passwordFile("no-secret") };
  const sentence = await refusal(machineWith(server), { security: signed, trusted, user: wrong });
  expect(sentence).toContain("user name or password is wrong");
  expect(sentence).not.toContain("no-secret");
  const missing = { ...user, passwordFile: "nowhere" };
  expect(await refusal(machineWith(server), { security: signed, trusted, user: missing })).toContain(
    "The passwordFile nowhere cannot be read on the edge",
  );
});

test("a user comes in with a certificate of his own", async () => {
  await ensureIdentity(join(edgeFiles, "user"), "user", systemClock);
  const names = { certificateFile: "user/certificate.pem", keyFile: "user/key.pem" };
  const user = { kind: "certificate", ...names } as const;
  const server = { allowAnonymous: false };
  const trusted = [machineCertificate.thumbprint];
  await hears(machineWith(server), { security: signed, trusted, user });
});

test("where anonymous may not come in, a name is asked for", async () => {
  const sentence = await refusal(machineWith({ allowAnonymous: false }), {});
  expect(sentence).toContain("it takes nobody without a name");
});

test("the edge's certificate is made once, for it alone to read, and says what OPC UA asks of it", async () => {
  const folder = join(await testFolder(), "fresh");
  const made = await ensureIdentity(folder, "edge-7", systemClock);
  expect(await ensureIdentity(folder, "edge-7", systemClock)).toEqual(made);
  for (const file of [made.certificateFile, made.keyFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(made.applicationUri).toMatch(/^urn:.+:millwright:edge-7$/);
  const certificate = new X509Certificate(readFileSync(made.certificateFile));
  const { usages } = certificate.getExtension(KeyUsagesExtension) ?? { usages: 0 };
  // digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment (Part 6, 6.2.2).
  expect(usages).toBe(0b1111);
  expect(JSON.stringify(certificate.getExtension(SubjectAlternativeNameExtension)?.names)).toContain(
    made.applicationUri,
  );
});

test("a half-written certificate is made anew", async () => {
  const folder = join(await testFolder(), "half");
  const made = await ensureIdentity(folder, "edge-8", systemClock);
  writeFileSync(made.keyFile, "");
  const again = await ensureIdentity(folder, "edge-8", systemClock);
  expect(again.thumbprint).not.toBe(made.thumbprint);
});

test("a refusal is told once, and tried again after its pause", async () => {
  const machine = machineWith();
  await machine.up();
  const driver = await driverFor(machine.url, { nodes, security: signed, refusedRetryMs: 20 });
  const sink = new RecordingSink();
  await driver.start(sink, new AbortController().signal);
  await expect.poll(() => driver.health().errors).toBeGreaterThan(2);
  expect(sentences(sink, "death")).toHaveLength(1);
  await driver.stop();
  await machine.down();
});
