import { type ChildProcess, spawn } from "node:child_process";
import { projectRoot } from "#server/launcher/folders.ts";
import { nodeArguments } from "#server/launcher/supervised-child.ts";

/** A script of this folder as a process of its own, told what to do by messages; what it complains of is seen. */
export function startChild(path: string): ChildProcess {
  return spawn(process.execPath, nodeArguments(path), {
    cwd: projectRoot,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}
