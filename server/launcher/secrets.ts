import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Folders } from "./folders.ts";

/** Every secret is a file of its own with 0600, made at the first start, never in the repository. */
export const secretNames = [
  "session-secret",
  "pin-pepper",
  "document-key.pem",
  "document-key.pub.pem",
  "edge-token",
  "packer-token",
  "metrics-token",
] as const;
export type SecretName = (typeof secretNames)[number];

export const secretPath = (folders: Pick<Folders, "secrets">, name: SecretName | "app-password"): string =>
  join(folders.secrets, name);

/** Writes a file that only its owner may read, all of it or nothing, and on the disk when this returns. */
export const writePrivate = (path: string, text: string): Promise<void> =>
  writePrivateBytes(path, Buffer.from(text));

/** The same for what is no text. */
export async function writePrivateBytes(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/** The text of a secret, made by `make` if there is none yet. */
export async function ensureSecret(path: string, make: () => string): Promise<string> {
  try {
    await chmod(path, 0o600);
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const text = make();
  await writePrivate(path, `${text.trim()}\n`);
  return text.trim();
}

export const randomSecret = (): string => randomBytes(32).toString("hex");

/** Makes what is missing of the plant's secrets; what stands is never changed. */
export async function ensureSecrets(folders: Folders): Promise<{ packerToken: string }> {
  await mkdir(folders.secrets, { recursive: true, mode: 0o700 });
  await ensureSecret(secretPath(folders, "session-secret"), randomSecret);
  await ensureSecret(secretPath(folders, "pin-pepper"), randomSecret);
  await ensureSecret(secretPath(folders, "edge-token"), randomSecret);
  await ensureSecret(secretPath(folders, "metrics-token"), randomSecret);
  const packerToken = await ensureSecret(secretPath(folders, "packer-token"), randomSecret);
  await ensureDocumentKey(folders);
  return { packerToken };
}

/** The Ed25519 pair that signs what edges are told. The public half is derived, so that the two cannot part. */
async function ensureDocumentKey(folders: Folders): Promise<void> {
  const privatePath = secretPath(folders, "document-key.pem");
  const text = await ensureSecret(privatePath, () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  const publicText = createPublicKey(text).export({ type: "spki", format: "pem" }).toString().trim();
  const publicPath = secretPath(folders, "document-key.pub.pem");
  const standing = await readFile(publicPath, "utf8").catch(() => "");
  if (standing.trim() !== publicText) await writePrivate(publicPath, `${publicText}\n`);
}
