import { open, readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";

const mostEntries = 3000;
const deepest = 3;
const logBytes = 96 * 1024;
const logLines = 400;
const largestSecret = 64 * 1024;

/** Each log's last lines, by part: `server`, `edge`, `web` … */
export async function lastLines(folder: string): Promise<Record<string, string>> {
  const logs: Record<string, string> = {};
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith(".log")).toSorted())
    logs[name.slice(0, -4)] = await tailOf(join(folder, name)).catch(() => "");
  return logs;
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - logBytes);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    // The first line may have lost its beginning, by which a secret is known.
    return lines
      .slice(start > 0 ? 1 : 0)
      .slice(-logLines)
      .join("\n");
  } finally {
    await file.close();
  }
}

/** Names and sizes below a folder; what lies deeper than three is one sum. Nothing is opened. */
export async function treeOf(folder: string): Promise<string> {
  const lines: string[] = [];
  await walk(folder, 0);
  return `${lines.join("\n")}\n`;

  async function walk(path: string, depth: number): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
    if (entries === null) {
      lines.push(`${"?".padStart(14)} ${relative(folder, path)}/ (not readable)`);
      return;
    }
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (lines.length >= mostEntries) return;
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        if (depth + 1 >= deepest)
          lines.push(`${String(await sizeOf(child)).padStart(14)} ${relative(folder, child)}/…`);
        else {
          lines.push(`${"".padStart(14)} ${relative(folder, child)}/`);
          await walk(child, depth + 1);
        }
      } else {
        const size = await stat(child).then(
          (found) => String(found.size),
          () => "?",
        );
        lines.push(`${size.padStart(14)} ${relative(folder, child)}`);
      }
    }
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const child = join(folder, entry.name);
    bytes += entry.isDirectory()
      ? await sizeOf(child)
      : await stat(child).then(
          (s) => s.size,
          () => 0,
        );
  }
  return bytes;
}

/** What the files of a folder of secrets say, so that it can be recognised elsewhere. */
export async function secretsOfFolders(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      // A certificate and a public key are for everybody.
      if (!entry.isFile() || /\.pub\.pem$|(?<!key)\.(crt|cer)$/.test(entry.name)) continue;
      const size = await stat(path).then(
        (s) => s.size,
        () => Number.POSITIVE_INFINITY,
      );
      if (size > largestSecret) continue;
      const text = await readFile(path, "utf8").catch(() => "");
      const lines = text.split("\n").map((line) => line.trim());
      found.push(...lines.filter((line) => line !== "" && !line.startsWith("-----")));
      found.push(...[...text.matchAll(/"([^"\s]{6,})"/g)].map((m) => m[1] ?? "").filter((one) => !isId(one)));
    }
  }
  return found;
}

const isId = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-|^(code|until)$/.test(text);
