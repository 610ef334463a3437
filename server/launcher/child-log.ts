import { closeSync, copyFileSync, fstatSync, openSync, readSync, renameSync, truncateSync } from "node:fs";
import { join } from "node:path";

const maxBytes = 10 * 1024 * 1024;
const kept = 3;

/**
 * A child writes to its log file itself, so that its words survive the supervisor. The file is rotated by
 * copying and truncating, since the child keeps it open: what is written in that instant may be lost.
 */
export class ChildLog {
  readonly path: string;
  readonly fd: number;
  readonly #maxBytes: number;

  constructor(folder: string, name: string, limit = maxBytes) {
    this.path = join(folder, `${name}.log`);
    this.fd = openSync(this.path, "a+", 0o600);
    this.#maxBytes = limit;
  }

  rotateIfLarge(): void {
    if (fstatSync(this.fd).size < this.#maxBytes) return;
    for (let i = kept - 1; i >= 1; i--) {
      try {
        renameSync(`${this.path}.${i}`, `${this.path}.${i + 1}`);
      } catch {
        // There is no such generation yet.
      }
    }
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path, 0);
  }

  /** Where the file ends now, to read later what came after. */
  size(): number {
    return fstatSync(this.fd).size;
  }

  /** The last lines written since `from`. */
  tail(lines: number, from = 0): string[] {
    const size = this.size();
    const start = Math.max(from > size ? 0 : from, size - 16_384);
    const buffer = Buffer.alloc(size - start);
    const read = readSync(this.fd, buffer, 0, buffer.length, start);
    return buffer
      .toString("utf8", 0, read)
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(-lines);
  }

  /** What it said last about an error, else its last lines, since `from`: as a person reads it. */
  lastWords(lines: number, from = 0): string[] {
    const all = this.tail(80, from).map(readable);
    const at = all.findLastIndex((line) => /^\s*(\w*Error|error|fatal|FATAL|Problem)\b.*:/.test(line));
    return at === -1 ? all.slice(-lines) : all.slice(at, at + lines);
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** A line of pino's JSON in words; other lines as they are. */
function readable(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const { msg, err, level } = JSON.parse(line) as {
      msg?: string;
      err?: { message?: string };
      level?: number;
    };
    const words = [msg, err?.message].filter((text) => text !== undefined && text !== "").join(": ");
    return (level ?? 0) >= 50 ? `error: ${words}` : words;
  } catch {
    return line;
  }
}
