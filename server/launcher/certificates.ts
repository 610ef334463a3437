import {
  createHash,
  createPrivateKey,
  randomBytes,
  webcrypto,
  X509Certificate as NodeCertificate,
} from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
// What @peculiar/x509 stands on; it must be there first.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Clock, systemClock } from "#server/core/clock.ts";
import type { Config } from "#server/core/config.ts";
import { projectRoot } from "./folders.ts";
import { Problem } from "./problem.ts";
import { writePrivate } from "./secrets.ts";

const day = 24 * 60 * 60 * 1000;
const authorityDays = 3650;
/** Tablets refuse certificates of one's own authority that live longer. */
const leafDays = 820;
/** Renewed at a start with less than this left, so that a plant may run a year without a restart. */
const renewDays = 400;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
x509.cryptoProvider.set(webcrypto as unknown as Crypto);

/** PEM files that the door opens. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** The local authority that a tablet must trust; null with an own certificate. */
  readonly ca: string | null;
}

/** The names and addresses under which this machine is reached: loopback, host name, own addresses, HOSTS. */
export function certificateNames(hosts: string): readonly string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((i) => !i.internal && !i.address.toLowerCase().startsWith("fe80"))
    .map((i) => i.address);
  const further = hosts
    .split(",")
    .map((h) => h.trim().toLowerCase())
    .filter((h) => h !== "");
  const name = hostname().toLowerCase();
  return [...new Set(["localhost", "127.0.0.1", "::1", name, ...own, ...further])].filter(isName);
}

const isName = (text: string): boolean =>
  isIP(text) !== 0 ||
  (text.length <= 253 && /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)*$/.test(text));

/** @throws Problem when HOSTS names something that is no host */
export function checkHosts(hosts: string): void {
  const wrong = hosts
    .split(",")
    .map((h) => h.trim().toLowerCase())
    .find((h) => h !== "" && !isName(h));
  if (wrong !== undefined)
    throw new Problem(
      `The setting HOSTS names "${wrong}": give host names and addresses only, comma-separated, without https:// and port.`,
    );
}

/**
 * The certificate of the door: the configured one, else one of a local authority that is made at the first start.
 * It is made anew when names were added or it nears its end; the authority and its key stay, so that tablets need
 * not be told again. @throws Problem when the configured files do not fit
 */
export async function ensureCertificate(
  folder: string,
  config: Pick<Config, "TLS_CERT" | "TLS_KEY" | "HOSTS">,
  clock: Clock = systemClock,
): Promise<CertificateFiles> {
  if (config.TLS_CERT !== undefined && config.TLS_KEY !== undefined)
    return checkOwn(resolve(projectRoot, config.TLS_CERT), resolve(projectRoot, config.TLS_KEY), clock);
  checkHosts(config.HOSTS);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = {
    cert: join(folder, "plant.pem"),
    key: join(folder, "plant-key.pem"),
    ca: join(folder, "authority.pem"),
  };
  const names = certificateNames(config.HOSTS);
  const authority = await ensureAuthority(folder, clock);
  if (!(await stillGood(files, names, authority.certificate, clock)))
    await makeLeaf(files, names, authority, clock);
  return files;
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

async function importKey(pem: string): Promise<CryptoKey> {
  const der = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}

const newKeys = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

async function ensureAuthority(folder: string, clock: Clock): Promise<Authority> {
  const certPath = join(folder, "authority.pem");
  const keyPath = join(folder, "authority-key.pem");
  try {
    const [cert, key] = await Promise.all([readFile(certPath, "utf8"), readFile(keyPath, "utf8")]);
    const certificate = new x509.X509Certificate(cert);
    const fits = new NodeCertificate(cert).checkPrivateKey(createPrivateKey(key));
    if (fits && certificate.notAfter.getTime() > clock.now() + leafDays * day)
      return { certificate, key: await importKey(key) };
  } catch {
    // None yet, or only half of it was written: made anew below.
  }
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Millwright authority of ${hostname().replaceAll(/[^A-Za-z0-9.-]/g, "")}, O=Millwright`,
    notBefore: new Date(clock.now() - day),
    notAfter: new Date(clock.now() + authorityDays * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePrivate(keyPath, await exportKey(keys.privateKey));
  await writePrivate(certPath, `${certificate.toString("pem")}\n`);
  return { certificate, key: keys.privateKey };
}

/** Positive, at most 20 bytes (RFC 5280, 4.1.2.2). */
const serial = (): string => `01${randomBytes(15).toString("hex")}`;

async function makeLeaf(
  files: { cert: string; key: string },
  names: readonly string[],
  authority: Authority,
  clock: Clock,
): Promise<void> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: "CN=Millwright, O=Millwright",
    issuer: authority.certificate.subject,
    notBefore: new Date(clock.now() - day),
    notAfter: new Date(clock.now() + leafDays * day),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  const chain = `${certificate.toString("pem")}\n${authority.certificate.toString("pem")}\n`;
  await writePrivate(files.key, await exportKey(keys.privateKey));
  await writePrivate(files.cert, chain);
}

async function stillGood(
  files: { cert: string; key: string },
  names: readonly string[],
  authority: x509.X509Certificate,
  clock: Clock,
): Promise<boolean> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, "utf8"), readFile(files.key, "utf8")]);
    const leaf = new NodeCertificate(cert);
    return (
      leaf.checkPrivateKey(createPrivateKey(key)) &&
      leaf.verify(new NodeCertificate(authority.toString("pem")).publicKey) &&
      Date.parse(leaf.validTo) > clock.now() + renewDays * day &&
      names.every((name) => isNamed(leaf, name))
    );
  } catch {
    return false;
  }
}

const isNamed = (leaf: NodeCertificate, name: string): boolean =>
  isIP(name) === 0
    ? (leaf.subjectAltName ?? "").split(", ").includes(`DNS:${name}`)
    : leaf.checkIP(name) !== undefined;

async function checkOwn(cert: string, key: string, clock: Clock): Promise<CertificateFiles> {
  const read = async (path: string, setting: string) =>
    readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new Problem(`The file ${path} of ${setting} cannot be read (${error.code ?? error.message}).`);
    });
  const certText = await read(cert, "TLS_CERT");
  const keyText = await read(key, "TLS_KEY");
  let certificate: NodeCertificate;
  try {
    certificate = new NodeCertificate(certText);
  } catch {
    throw new Problem(`The file ${cert} of TLS_CERT is no certificate in PEM form.`);
  }
  let fits: boolean;
  try {
    fits = certificate.checkPrivateKey(createPrivateKey(keyText));
  } catch {
    throw new Problem(`The file ${key} of TLS_KEY is no private key in PEM form without a passphrase.`);
  }
  if (!fits)
    throw new Problem(`The key ${key} (TLS_KEY) does not belong to the certificate ${cert} (TLS_CERT).`);
  if (Date.parse(certificate.validTo) < clock.now())
    throw new Problem(`The certificate ${cert} (TLS_CERT) ended on ${certificate.validTo}: renew it.`);
  return { cert, key, ca: null };
}

/**
 * SHA-256 of the leaf's public key (SubjectPublicKeyInfo), base64: what Chromium's
 * `--ignore-certificate-errors-spki-list` takes.
 */
export async function spkiHash(certPath: string): Promise<string> {
  const leaf = new NodeCertificate(await readFile(certPath, "utf8"));
  const spki = leaf.publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(spki).digest("base64");
}
