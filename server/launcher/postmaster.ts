import { readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { identify, type ProcessIdentity, signalProcess, waitUntilGone } from "./processes.ts";

/** A running PostgreSQL server process, as its own `postmaster.pid` tells it. */
export interface Postmaster {
  readonly process: ProcessIdentity;
  readonly port: number;
  readonly ready: boolean;
}

/**
 * The server that runs on this data folder, whoever started it; null when there is none. A `postmaster.pid` whose
 * number now belongs to another program says nothing.
 */
export async function findPostmaster(dataDir: string): Promise<Postmaster | null> {
  const text = await readFile(join(dataDir, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const who = identify(pid);
  if (who === null || !(await worksIn(pid, dataDir))) return null;
  return { process: who, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === "ready" };
}

/** A postmaster's working folder is its data folder. Where that is not to be seen, its word is taken. */
async function worksIn(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform !== "linux") return true;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(dataDir));
  } catch (error) {
    // Not ours to look at, so another user's, so not the server of a folder that is ours.
    return (error as NodeJS.ErrnoException).code !== "EACCES";
  }
}

/** Ends a server as gently as the time allows: fast shutdown, then immediate, then kill. */
export async function stopPostmaster(
  who: ProcessIdentity,
  options: { fastMs?: number; immediate?: boolean } = {},
): Promise<void> {
  if (options.immediate !== true) {
    if (!signalProcess(who, "SIGINT")) return;
    if (await waitUntilGone(who, options.fastMs ?? 20_000)) return;
  }
  if (!signalProcess(who, "SIGQUIT")) return;
  if (await waitUntilGone(who, 5000)) return;
  signalProcess(who, "SIGKILL");
  await waitUntilGone(who, 5000);
}

/**
 * Clears the way for a new server: stops the orphan of an earlier supervisor, and removes the `postmaster.pid` of
 * a dead one, which would keep a new server from starting once its number belongs to somebody else.
 * @returns the pid of the orphan that was stopped
 */
export async function clearTheWay(dataDir: string): Promise<number | null> {
  const orphan = await findPostmaster(dataDir);
  if (orphan !== null) await stopPostmaster(orphan.process);
  if ((await findPostmaster(dataDir)) === null) await rm(join(dataDir, "postmaster.pid"), { force: true });
  return orphan?.process.pid ?? null;
}
