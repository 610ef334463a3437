import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { systemClock } from "#server/core/clock.ts";

/** A process told apart from a later one with the same number: by when it started, and in which boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** When the process with this number started, as an opaque text; null if there is none (a zombie is none). */
export function startedAt(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The second field is the command in parentheses and may itself hold spaces and parentheses.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? null : `${bootId()}/${fields[19] ?? ""}`;
    } catch {
      return null;
    }
  }
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
}

export function identify(pid: number): ProcessIdentity | null {
  const started = startedAt(pid);
  return started === null ? null : { pid, started };
}

export const isAlive = (who: ProcessIdentity): boolean => startedAt(who.pid) === who.started;

/**
 * Sends a signal to exactly that process (or, with `group`, to the group it leads), never to a stranger that has
 * got its number since. @returns false when it is gone
 */
export function signalProcess(who: ProcessIdentity, signal: NodeJS.Signals, group = false): boolean {
  if (!isAlive(who)) return false;
  try {
    process.kill(group ? -who.pid : who.pid, signal);
    return true;
  } catch (error) {
    if (group && (error as NodeJS.ErrnoException).code === "ESRCH") return signalProcess(who, signal);
    return false;
  }
}

/** @returns true when the process is gone within `ms` */
export async function waitUntilGone(who: ProcessIdentity, ms: number): Promise<boolean> {
  const until = systemClock.monotonic() + ms;
  while (isAlive(who)) {
    if (systemClock.monotonic() > until) return false;
    await systemClock.sleep(20);
  }
  return true;
}
