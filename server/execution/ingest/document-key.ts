import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The Ed25519 key that signs edges' documents, made on first use (PKCS #8 PEM, 0600). Beside it stands the public
 * half (`….pub`, SPKI PEM), which an edge is given when it is installed.
 */
export async function loadDocumentKey(path: string): Promise<KeyObject> {
  const pem = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (pem !== null) return createPrivateKey(pem);
  await mkdir(dirname(path), { recursive: true });
  const { privateKey } = generateKeyPairSync("ed25519");
  const publicPem = createPublicKey(privateKey).export({ type: "spki", format: "pem" });
  await writeWhole(`${path}.pub`, publicPem.toString(), 0o644);
  await writeWhole(path, privateKey.export({ type: "pkcs8", format: "pem" }).toString(), 0o600);
  return privateKey;
}

/** A key half written would lock every edge out. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}
