import { Refusal } from "#server/core/refusal.contract.ts";

/** Most bytes of a request body, where its route says nothing else. */
export const maxBodyBytes = 64 * 1024;
const maxDepth = 16;

/**
 * Reads a JSON body: content type, size before parsing (declared and real), depth, and no NUL in any text
 * (PostgreSQL cannot store one). @throws Refusal `not_json`, `too_large` or `invalid`
 */
export async function readJsonBody(request: Request, maxBytes = maxBodyBytes): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new Refusal("not_json");
  const text = await readText(request, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("not_json");
  }
  checkValue(value, 0, "");
  return value;
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const kilobytes = maxBytes / 1024;
  const limit = kilobytes < 1024 ? { limit: kilobytes, unit: "KB" } : { limit: kilobytes / 1024, unit: "MB" };
  const tooLarge = () => new Refusal("too_large", limit);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Refusal("not_json");
  }
}

function checkValue(value: unknown, depth: number, path: string): void {
  if (depth > maxDepth) throw new Refusal("invalid", { problem: "nested too deep" }, path);
  if (typeof value === "string" && value.includes("\0"))
    throw new Refusal("invalid", { problem: "contains NUL" }, path);
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    if (key.includes("\0")) throw new Refusal("invalid", { problem: "contains NUL" }, path);
    checkValue(inner, depth + 1, at);
  }
}
