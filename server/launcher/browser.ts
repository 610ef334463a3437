import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "./folders.ts";
import { Problem } from "./problem.ts";

const run = promisify(execFile);
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Ubuntu's `chromium-browser` may be a script that only asks for a snap. */
function isSnapStub(path: string): boolean {
  if (statSync(path).size > 20_000) return false;
  return /snap (install|run)|\/snap\/bin/.test(readFileSync(path, "latin1"));
}

function systemBrowser(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (existsSync(path) && !isSnapStub(path)) return path;
    }
  }
  const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  return existsSync(mac) ? mac : undefined;
}

/** The browser that is there: the system's Chromium; undefined leaves it to Playwright's own. */
export const installedBrowser = (): string | undefined => systemBrowser();

async function works(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ["--version", "--no-sandbox"], { timeout: 60_000 });
    return /chrom/i.test(stdout);
  } catch {
    return false;
  }
}

function stream(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: projectRoot,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    child.once("error", () => done(false));
    child.once("exit", (code) => done(code === 0));
  });
}

/**
 * Makes sure that there is a browser for the tests: the system's Chromium, else Playwright's download, else the
 * distribution's package. @returns what was found, in words. @throws Problem when there is no way
 */
export async function ensureBrowser(say: (line: string) => void): Promise<string> {
  const system = systemBrowser();
  if (system !== undefined && (await works(system))) return `the system's ${system}`;
  const { chromium } = await import("@playwright/test");
  const own = chromium.executablePath();
  if (existsSync(own) && (await works(own))) return `Playwright's ${own}`;
  const root = process.getuid?.() === 0;
  const playwright = join(projectRoot, "node_modules/@playwright/test/cli.js");
  say("There is no Chromium here; downloading Playwright's");
  const downloaded = await stream(process.execPath, [playwright, "install", "chromium"]);
  if (downloaded && !(await works(own)) && root)
    await stream(process.execPath, [playwright, "install-deps", "chromium"]);
  if (downloaded && (await works(own))) return `Playwright's ${own}`;
  if (root && existsSync("/usr/bin/apt-get")) {
    say("The download did not work; installing the distribution's package");
    await stream("apt-get", ["update", "-qq"]);
    await stream("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"]);
    const packaged = systemBrowser();
    if (packaged !== undefined && (await works(packaged))) return `the distribution's ${packaged}`;
  }
  throw new Problem(
    "The browser tests need Chromium, and none could be found, downloaded or installed: install it (Debian: apt-get install chromium) and run npm test again.",
  );
}
