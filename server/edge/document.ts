import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "#server/core/log.ts";
import { EdgeDocument, SignedDocument } from "./document.contract.ts";

/** What became of a document that came. */
export type Accepted =
  | { readonly document: EdgeDocument }
  | { readonly refused: "unreadable" | "bad_signature" | "older" | "other_edge" };

/**
 * The edge's document (design §4.7): believed only with the server's Ed25519 signature over the exact text, kept on
 * disk in one atomic step, verified again when it is read back.
 */
export class DocumentStore {
  readonly #path: string;
  readonly #key: KeyObject;
  readonly #log: Logger;
  #current: EdgeDocument | null = null;

  /** @param publicKey SPKI PEM. @throws Error when it is none. */
  constructor(path: string, publicKey: string, log: Logger) {
    this.#path = path;
    this.#key = createPublicKey(publicKey);
    this.#log = log;
  }

  get current(): EdgeDocument | null {
    return this.#current;
  }

  /** The document on the disk, or null: then nothing is stored until the server sends one. */
  async load(): Promise<EdgeDocument | null> {
    const text = await readFile(this.#path, "utf8").catch(() => null);
    if (text === null) {
      this.#log.warn("no document on the disk: nothing is stored until the server sends one");
      return null;
    }
    const result = this.#check(parseJson(text));
    if ("refused" in result) {
      this.#log.error({ refused: result.refused }, "the document on the disk is not believed");
      return null;
    }
    this.#current = result.document;
    return result.document;
  }

  /** Takes a document that came over the wire. It is on the disk before it counts. */
  async accept(signed: unknown): Promise<Accepted> {
    const result = this.#check(signed);
    if ("refused" in result) {
      this.#log.error({ refused: result.refused }, "a document was refused");
      return result;
    }
    await this.#write(JSON.stringify(SignedDocument.parse(signed)));
    this.#current = result.document;
    this.#log.info({ version: result.document.version }, "document taken");
    return result;
  }

  #check(input: unknown): Accepted {
    const signed = SignedDocument.safeParse(input);
    if (!signed.success) return { refused: "unreadable" };
    const { body, signature } = signed.data;
    if (!verify(null, Buffer.from(body), this.#key, Buffer.from(signature, "base64"))) {
      return { refused: "bad_signature" };
    }
    const parsed = EdgeDocument.safeParse(parseJson(body));
    if (!parsed.success) return { refused: "unreadable" };
    const document = parsed.data;
    if (this.#current !== null && document.edgeId !== this.#current.edgeId) return { refused: "other_edge" };
    // By the time of issue and not by version: a restored server counts versions again, but time goes on.
    if (this.#current !== null && document.issuedAt < this.#current.issuedAt) return { refused: "older" };
    return { document };
  }

  async #write(text: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const draft = `${this.#path}.new`;
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#path);
    // The name is on the disk only when its folder is.
    const folder = await open(dirname(this.#path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
