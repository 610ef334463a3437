import { createHash, createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
// What @peculiar/x509 stands on; it must be there first.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { Clock } from "#server/core/clock.ts";

/** Who this edge is to OPC UA servers. */
export interface Identity {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The URI that stands in the certificate. */
  readonly applicationUri: string;
  readonly thumbprint: string;
  /** ms since epoch. */
  readonly validUntil: number;
  readonly pem: string;
}

const day = 86_400_000;
/** Each new certificate must be trusted at every machine again: it shall outlive them. */
const lifeDays = 20 * 365;
const algorithm = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

/** One at a time: two sources that begin together must not make two certificates. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * The edge's own certificate (Part 6, 6.2.2): made once in `folder`, both files with 0600.
 * @throws Error when the folder cannot be written or holds something else.
 */
export function ensureIdentity(folder: string, edge: string, clock: Clock): Promise<Identity> {
  const made = turn.then(
    () => make(folder, edge, clock),
    () => make(folder, edge, clock),
  );
  turn = made.catch(() => undefined);
  return made;
}

async function make(folder: string, edge: string, clock: Clock): Promise<Identity> {
  const files = { certificateFile: join(folder, "certificate.pem"), keyFile: join(folder, "key.pem") };
  const found = await read(files.certificateFile, files.keyFile);
  if (found !== null) return { ...files, ...found };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const made = await generate(edge, clock);
  await write(files.keyFile, made.key);
  // Last: only with it the pair is whole.
  await write(files.certificateFile, made.certificate);
  const kept = await read(files.certificateFile, files.keyFile);
  if (kept === null) throw new Error(`The certificate in ${folder} cannot be read back.`);
  return { ...files, ...kept };
}

async function read(
  certificateFile: string,
  keyFile: string,
): Promise<Omit<Identity, "certificateFile" | "keyFile"> | null> {
  try {
    const [pem, key] = await Promise.all([readFile(certificateFile, "utf8"), readFile(keyFile, "utf8")]);
    const certificate = new X509Certificate(pem);
    const uri = /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? "")?.[1];
    if (uri === undefined || !certificate.checkPrivateKey(createPrivateKey(key))) return null;
    const thumbprint = thumbprintsOf(certificate.raw).sha1;
    return { applicationUri: uri, thumbprint, validUntil: Date.parse(certificate.validTo), pem };
  } catch {
    // None yet, or only half of it was written.
    return null;
  }
}

async function write(path: string, text: string): Promise<void> {
  const half = `${path}.new`;
  await writeFile(half, text, { mode: 0o600 });
  await chmod(half, 0o600);
  await rename(half, path);
}

async function generate(edge: string, clock: Clock): Promise<{ certificate: string; key: string }> {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const host = hostname().replaceAll(/[^A-Za-z0-9.-]/g, "") || "edge";
  const name = edge.replaceAll(/[^A-Za-z0-9.-]/g, "-");
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const flags = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `00${randomBytes(16).toString("hex")}`,
    name: `CN=Millwright ${name}, O=Millwright`,
    notBefore: new Date(clock.now() - day),
    notAfter: new Date(clock.now() + lifeDays * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        flags.digitalSignature | flags.nonRepudiation | flags.keyEncipherment | flags.dataEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "url", value: `urn:${host}:millwright:${name}` },
        { type: "dns", value: host },
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return {
    certificate: certificate.toString("pem"),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Of a certificate as it stands on the wire (DER), hexadecimal. */
export function thumbprintsOf(der: Uint8Array): { readonly sha1: string; readonly sha256: string } {
  return {
    sha1: createHash("sha1").update(der).digest("hex"),
    sha256: createHash("sha256").update(der).digest("hex"),
  };
}
