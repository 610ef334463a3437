import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "#server/core/clock.ts";
import { ensureBrowser } from "./browser.ts";
import { buildScreens, isBuilt } from "./build.ts";
import { projectRoot } from "./folders.ts";
import { endWith, Problem } from "./problem.ts";
import { terminal } from "./progress.ts";
import {
  add,
  type Counts,
  countPlaywright,
  countReport,
  countVitest,
  lastLines,
  none,
} from "./test-counts.ts";

// `npm test`: everything that proves the house, one heading after another, and one last line that counts.

const kinds = ["unit", "pg", "e2e"] as const;
type Kind = (typeof kinds)[number];

const out = terminal();
const tool = (path: string): string => join(projectRoot, "node_modules", path);
const vitest = tool("vitest/vitest.mjs");
const failedOnce = (what: string): Counts => ({ ...none, failed: 1, failures: [what] });

/** Streams a tool's words. A tool runs in our own process group, so Ctrl-C reaches it as well. */
function stream(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "test", ...env },
    });
    child.once("error", (error) => {
      console.error(error.message);
      done(1);
    });
    child.once("exit", (code) => done(code ?? 1));
  });
}

const node = (script: string, args: readonly string[], env?: Record<string, string>): Promise<number> =>
  stream(process.execPath, [script, ...args], env);

async function heading(title: string, work: () => Promise<Counts>): Promise<Counts> {
  console.log(`\n── ${title} ${"─".repeat(Math.max(2, 76 - title.length))}`);
  const begun = systemClock.monotonic();
  let counts: Counts;
  try {
    counts = await work();
  } catch (error) {
    console.error(error instanceof Problem ? error.message : error);
    counts = failedOnce(`${title}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const seconds = ((systemClock.monotonic() - begun) / 1000).toFixed(1);
  console.log(`── ${title}: ${counts.failed === 0 ? "ok" : "FAILED"}, ${seconds} s`);
  return counts;
}

/** A check of the whole tree: no tests to count, but one failure if it does not hold. */
const check =
  (script: string, ...args: string[]) =>
  async (): Promise<Counts> =>
    (await node(tool(script), args)) === 0 ? none : failedOnce(`${basename(script)}: see above`);

const unitOrPg = (project: Kind, folder: string) => async (): Promise<Counts> => {
  const report = join(folder, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await node(vitest, ["run", "--project", project, "--passWithNoTests", ...reporters]);
  return countReport(report, countVitest, code);
};

const build = async (): Promise<Counts> => {
  if (await isBuilt()) {
    console.log("  The screens are built from this code already");
    return none;
  }
  const step = out.step("Building the screens");
  await buildScreens(step);
  step.done();
  return none;
};

const browserTests = (folder: string) => async (): Promise<Counts> => {
  console.log(`  Browser: ${await ensureBrowser((line) => console.log(`  ${line}`))}`);
  const report = join(folder, "e2e.json");
  const code = await node(
    tool("@playwright/test/cli.js"),
    ["test", "--reporter=list,json", "--pass-with-no-tests"],
    { PLAYWRIGHT_JSON_OUTPUT_FILE: report, PLAYWRIGHT_HTML_OPEN: "never" },
  );
  return countReport(report, countPlaywright, code);
};

function chosen(): ReadonlySet<Kind> {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
  if (values.only === undefined) return new Set(kinds);
  const wrong = values.only.find((name) => !(kinds as readonly string[]).includes(name));
  if (wrong !== undefined) throw new Problem(`--only takes ${kinds.join(", ")}; "${wrong}" is none of them.`);
  return new Set(values.only as Kind[]);
}

async function main(): Promise<void> {
  const wanted = chosen();
  const folder = await mkdtemp(join(tmpdir(), "millwright-reports-"));
  const begun = systemClock.monotonic();
  let sum = none;
  const step = async (title: string, work: () => Promise<Counts>) => {
    sum = add(sum, await heading(title, work));
  };
  try {
    if (wanted.size === kinds.length) {
      await step("Format", check("oxfmt/bin/oxfmt", "--check"));
      await step("Lint", check("oxlint/bin/oxlint", "--type-aware"));
      await step("Types", check("typescript/bin/tsc", "--noEmit"));
      await step("Dead code", check("knip/bin/knip.js"));
    }
    if (wanted.has("unit")) await step("Unit tests", unitOrPg("unit", folder));
    if (wanted.has("pg")) await step("Tests on a real Postgres", unitOrPg("pg", folder));
    if (wanted.has("e2e")) {
      await step("Screens", build);
      await step("Tests in a real browser", browserTests(folder));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`\n  ${((systemClock.monotonic() - begun) / 60_000).toFixed(1)} minutes`);
  console.log(lastLines(sum));
  process.exitCode = sum.failed === 0 ? 0 : 1;
}

main().catch(endWith);
