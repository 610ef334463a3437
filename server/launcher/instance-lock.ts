import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identify, isAlive, type ProcessIdentity } from "./processes.ts";
import { Problem } from "./problem.ts";

interface Holder extends ProcessIdentity {
  /** Where it can be reached, for the sentence that refuses a second start. */
  readonly address: string;
}

export interface InstanceLock {
  release(): Promise<void>;
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    const found = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
    if (typeof found.pid !== "number" || typeof found.started !== "string") return null;
    return { pid: found.pid, started: found.started, address: found.address ?? "" };
  } catch {
    return null;
  }
}

/**
 * At most one supervisor works on a folder. The lock is a file with the holder's pid and start time; the one a
 * dead holder left is taken over. @throws Problem while another holds it
 */
export async function lockInstance(folder: string, address: string): Promise<InstanceLock> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "supervisor.lock");
  const me = identify(process.pid);
  if (me === null) throw new Error("cannot read when this process started");
  const own = `${path}.${process.pid}`;
  await writeFile(own, JSON.stringify({ ...me, address } satisfies Holder), { mode: 0o644 });
  try {
    for (;;) {
      try {
        // A hard link appears with its content, or not at all.
        await link(own, path);
        return { release: () => release(path, me) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = await readHolder(path);
      if (holder !== null && isAlive(holder)) throw refusal(folder, holder);
      await takeAway(path, own, folder);
    }
  } finally {
    await rm(own, { force: true });
  }
}

const refusal = (folder: string, holder: Holder): Problem =>
  new Problem(
    `Millwright already runs on ${folder} (process ${holder.pid}, ${holder.address}): stop it first, or name another DATA_DIR.`,
  );

/** Moves a dead holder's file aside; puts it back if, in between, a living one had taken its place. */
async function takeAway(path: string, own: string, folder: string): Promise<void> {
  const aside = `${own}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== null && isAlive(moved)) {
    await link(aside, path).catch(() => undefined);
    await rm(aside, { force: true });
    throw refusal(folder, moved);
  }
  await rm(aside, { force: true });
}

async function release(path: string, me: ProcessIdentity): Promise<void> {
  const holder = await readHolder(path);
  if (holder !== null && holder.pid === me.pid && holder.started === me.started)
    await rm(path, { force: true });
}
