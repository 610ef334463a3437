import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Who listens on a TCP port, in words ("node (process 4711, in /home/ada/shop)"); null when it is not to be seen. */
export async function holderOf(port: number): Promise<string | null> {
  return process.platform === "linux" ? holderOnLinux(port) : holderByLsof(port);
}

async function holderOnLinux(port: number): Promise<string | null> {
  const inodes = await listeningInodes(port);
  if (inodes.size === 0) return null;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const handle of handles) {
      const target = await readlink(`/proc/${pid}/fd/${handle}`).catch(() => "");
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "a program")).trim();
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
      return `${name} (process ${pid}${folder === null ? "" : `, in ${folder}`})`;
    }
  }
  return "a program of another user";
}

/** Columns of /proc/net/tcp: local address (hex:port) is the 2nd, state (0A = listening) the 4th, inode the 10th. */
async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const found = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(file, "utf8").catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const columns = line.trim().split(/\s+/);
      const inode = columns[9];
      if (columns[3] === "0A" && columns[1]?.endsWith(`:${wanted}`) === true && inode !== undefined)
        found.add(inode);
    }
  }
  return found;
}

async function holderByLsof(port: number): Promise<string | null> {
  try {
    const { stdout } = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]);
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    const name = /^c(.+)$/m.exec(stdout)?.[1];
    return pid === undefined ? null : `${name ?? "a program"} (process ${pid})`;
  } catch {
    return null;
  }
}
