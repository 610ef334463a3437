import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity, signalProcess, waitUntilGone } from "./processes.ts";

interface Entry extends ProcessIdentity {
  readonly name: string;
}

/** The children of this supervisor, on the disk, so that the next one can end them if this one cannot. */
export class ChildRegister {
  readonly #path: string;
  readonly #entries = new Map<number, Entry>();

  constructor(folder: string) {
    this.#path = registerPath(folder);
  }

  add(name: string, who: ProcessIdentity): void {
    this.#entries.set(who.pid, { name, ...who });
    this.#write();
  }

  remove(pid: number): void {
    if (this.#entries.delete(pid)) this.#write();
  }

  clear(): void {
    this.#entries.clear();
    rmSync(this.#path, { force: true });
  }

  #write(): void {
    const part = `${this.#path}.part`;
    writeFileSync(part, JSON.stringify([...this.#entries.values()]), { mode: 0o600 });
    renameSync(part, this.#path);
  }
}

const registerPath = (folder: string): string => join(folder, "children.json");

function readEntries(folder: string): Entry[] {
  try {
    return JSON.parse(readFileSync(registerPath(folder), "utf8")) as Entry[];
  } catch {
    return [];
  }
}

/**
 * Ends what an earlier supervisor that was killed left behind, the last started first. A process that merely has
 * the number of an old child is left alone. @returns their names
 */
export async function stopOrphans(folder: string): Promise<string[]> {
  // A database is stopped in its own way, by whoever prepares its cluster (see postmaster.ts).
  const orphans = readEntries(folder)
    .filter((who) => who.name !== "postgres" && isAlive(who))
    .toReversed();
  for (const who of orphans) signalProcess(who, "SIGTERM");
  for (const who of orphans) {
    if (await waitUntilGone(who, 5000)) continue;
    signalProcess(who, "SIGKILL", true);
    await waitUntilGone(who, 5000);
  }
  rmSync(registerPath(folder), { force: true });
  return orphans.map((who) => who.name);
}
