import { mkdir, open, rm, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { holderOf } from "./port-holder.ts";
import { fileProblem, Problem } from "./problem.ts";
import { projectRoot } from "./folders.ts";

const mebibyte = 1024 * 1024;
/** A fresh cluster with its write-ahead log, and some hours of readings. */
export const neededBytes = 1024 * mebibyte;

/** Makes DATA_DIR if need be and proves that this user can write there. @throws Problem */
export async function checkWritable(dataDir: string): Promise<void> {
  const path = resolve(projectRoot, dataDir);
  const probe = join(path, `.probe-${process.pid}`);
  try {
    await mkdir(path, { recursive: true, mode: 0o711 });
    const file = await open(probe, "w");
    try {
      await file.writeFile(Buffer.alloc(4096));
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
  } catch (error) {
    throw fileProblem(error, path, "DATA_DIR, where Millwright keeps its data") ?? error;
  }
}

/** @throws Problem when the disk under `path` has less than `needed` bytes left for this user */
export async function checkSpace(path: string, needed = neededBytes): Promise<void> {
  let existing = resolve(projectRoot, path);
  for (;;) {
    try {
      const { bavail, bsize } = await statfs(existing);
      const free = bavail * bsize;
      if (free >= needed) return;
      throw new Problem(
        `The disk that holds ${path} has ${Math.floor(free / mebibyte)} MiB left, and Millwright needs ${Math.ceil(needed / mebibyte)} MiB: free some space, or name another folder with DATA_DIR.`,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || existing === dirname(existing)) throw error;
      existing = dirname(existing);
    }
  }
}

function tryListen(port: number, host: string | undefined): Promise<NodeJS.ErrnoException | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error) => done(error));
    server.listen(host === undefined ? { port } : { port, host }, () => server.close(() => done(null)));
  });
}

export interface WantedPort {
  readonly port: number;
  /** Name of the setting, for the sentence. */
  readonly setting: string;
  /** Undefined = every address. */
  readonly host?: string;
}

/** @throws Problem naming who holds the port and which setting moves ours */
export async function checkPort(wanted: WantedPort): Promise<void> {
  const hosts = wanted.host === undefined ? [undefined, "127.0.0.1"] : [wanted.host];
  for (const host of hosts) {
    const error = await tryListen(wanted.port, host);
    if (error === null) continue;
    if (error.code === "EADDRINUSE") {
      const holder = await holderOf(wanted.port);
      throw new Problem(
        `Port ${wanted.port} is taken by ${holder ?? "another program"}: stop it, or choose another port with ${wanted.setting}.`,
      );
    }
    if (error.code === "EACCES")
      throw new Problem(
        `This user may not open port ${wanted.port}: choose one above 1023 with ${wanted.setting}.`,
      );
    throw error;
  }
}

/** A free loopback port, chosen by the system. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}

/**
 * A loopback port for a part that must find its port again after a restart: below the range from which the
 * system serves outgoing connections, so that nobody takes it while the part is down.
 */
export async function steadyPort(seed: string, taken: ReadonlySet<number> = new Set()): Promise<number> {
  let hash = 0;
  for (const letter of seed) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  for (let i = 0; i < 200; i++) {
    const port = 20_000 + ((hash + i * 7) % 10_000);
    if (!taken.has(port) && (await tryListen(port, "127.0.0.1")) === null) return port;
  }
  return freePort();
}
