import { createHash } from "node:crypto";

/** A secret of 256 random bits, as it stands in a cookie. */
export function newToken(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

/** What of a token or code is stored: SHA-256, so that the database gives nobody away. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A code of 10 characters of Crockford's base 32 (50 bits), for people to type. */
export function newCode(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => alphabet[byte % 32]).join("");
}
