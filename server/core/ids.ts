import { createHash } from "node:crypto";

/**
 * The same name always gives the same id (a name-based UUID, RFC 9562 version 8 over SHA-256). For records that a
 * replay must find again instead of making them twice.
 */
export function stableId(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
