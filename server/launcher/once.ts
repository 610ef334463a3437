import { spawn } from "node:child_process";
import { ChildLog } from "./child-log.ts";
import { childEnvironment, type ChildName, type EnvironmentInput } from "./environment.ts";
import { projectRoot } from "./folders.ts";
import type { ChildRegister } from "./orphans.ts";
import { baseEnvironment } from "./parts.ts";
import { identify, signalProcess } from "./processes.ts";
import { Problem } from "./problem.ts";
import { leashed, nodeArguments } from "./supervised-child.ts";

/** What a script that runs once may tell by `process.send`: how far it is. */
interface Progress {
  readonly done: number;
  readonly total: number;
  readonly detail?: string;
}

/** Runs a script of ours to its end, beside the plant's parts. @throws Problem with its last words */
export async function runOnce(
  path: string,
  input: EnvironmentInput,
  context: {
    register: ChildRegister;
    progress?: (p: Progress) => void;
    args?: readonly string[];
    /** Which environment it gets, and the name of its log. */
    name?: ChildName;
    /** Ends it early. */
    signal?: AbortSignal;
  },
): Promise<void> {
  const { name = "seed", signal } = context;
  const log = new ChildLog(input.folders.logs, name);
  log.rotateIfLarge();
  const from = log.size();
  const child = spawn(process.execPath, nodeArguments(path, ...(context.args ?? [])), {
    cwd: projectRoot,
    env: { ...baseEnvironment(), ...childEnvironment(name, input), ...leashed } as NodeJS.ProcessEnv,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    detached: true,
  });
  const who = child.pid === undefined ? null : identify(child.pid);
  if (who !== null) context.register.add(name, who);
  const endEarly = () => void (who !== null && signalProcess(who, "SIGTERM"));
  signal?.addEventListener("abort", endEarly, { once: true });
  if (signal?.aborted === true) endEarly();
  child.on("message", (message) => {
    const { done, total, detail } = message as Partial<Progress>;
    if (typeof done === "number" && typeof total === "number")
      context.progress?.({ done, total, ...(detail === undefined ? {} : { detail }) });
  });
  const how = await new Promise<string | null>((end) => {
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(code === 0 ? null : `exit code ${code ?? signal}`));
  });
  signal?.removeEventListener("abort", endEarly);
  if (who !== null) context.register.remove(who.pid);
  const lines = log.lastWords(12, from);
  log.close();
  if (how !== null)
    throw new Problem(
      `${path} failed (${how}):\n${lines.map((l) => `    ${l}`).join("\n")}\n  More in ${log.path}`,
    );
}
