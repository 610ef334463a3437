import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { projectRoot } from "./folders.ts";
import { leash, leashed } from "./supervised-child.ts";
import type { Step } from "./progress.ts";
import { exists } from "./postgres-binaries.ts";
import { Problem } from "./problem.ts";

const recordPath = join(projectRoot, ".next", "built-from");
/** All that a screen may be made of. What only other processes run is left out. */
const folders = ["app", "messages", "public", "server", "db"];
const files = ["package-lock.json", "package.json", "next.config.ts", "postcss.config.mjs", "tsconfig.json"];
const notOfScreens = /(\.test\.ts|\.sql)$|^server\/(launcher|demo|device\/simulator)\/|^server\/start\.ts$/;

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}

/** One hash of all the code that the screens are built from. */
export async function codeHash(root = projectRoot): Promise<string> {
  const below = await Promise.all(folders.map((f) => filesBelow(join(root, f)).catch(() => [])));
  const paths = [...below.flat(), ...files.map((f) => join(root, f))]
    .map((path) => relative(root, path))
    .filter((path) => !notOfScreens.test(path))
    .toSorted();
  const hash = createHash("sha256");
  for (const path of paths) {
    hash.update(`${path}\0`);
    try {
      for await (const chunk of createReadStream(join(root, path))) hash.update(chunk as Buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    hash.update("\0");
  }
  return hash.digest("hex");
}

/** What `next build` says on its way, as steps of a bar. */
const phases: readonly RegExp[] = [
  /Creating an optimized production build/,
  /Compiled successfully/,
  /Collecting page data/,
  /Generating static pages/,
  /Finalizing page optimization/,
];

/** Which code the standing screens were built from; null when there are none. */
export async function builtFrom(): Promise<string | null> {
  const record = (await readFile(recordPath, "utf8").catch(() => "")).trim();
  return record === "" ? null : record;
}

/** Whether the screens were built from exactly this code. */
export const isBuilt = async (): Promise<boolean> => (await builtFrom()) === (await codeHash());

/** Builds the screens. The record of what they were built from is written last, so a broken build is no build. */
export async function buildScreens(step: Step): Promise<void> {
  const hash = await codeHash();
  await rm(recordPath, { force: true });
  await rm(join(projectRoot, ".next", "BUILD_ID"), { force: true });
  const output: string[] = [];
  let done = 0;
  const read = (chunk: Buffer) => {
    const text = chunk.toString("utf8");
    output.push(text);
    phases.forEach((phase, i) => {
      if (i >= done && phase.test(text)) done = i + 1;
    });
    step.update(done, phases.length + 1);
  };
  const next = join(projectRoot, "node_modules/next/dist/bin/next");
  const child = spawn(process.execPath, ["--import", leash, next, "build"], {
    cwd: projectRoot,
    env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...leashed },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  const code = await new Promise<number | null>((end, fail) => {
    child.once("error", fail);
    child.once("close", end);
  });
  const whole = await exists(join(projectRoot, ".next", "BUILD_ID"));
  if (code !== 0 || !whole) {
    step.failed();
    const words = output.join("");
    if (words.includes("ENOSPC")) throw new Problem("The disk is full: the screens could not be built.");
    throw new Problem(`The screens could not be built:\n${words.slice(-6000)}`);
  }
  await writeFile(recordPath, `${hash}\n`);
}
