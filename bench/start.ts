import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser } from "@playwright/test";
import { systemClock } from "#server/core/clock.ts";
import { installedBrowser } from "#server/launcher/browser.ts";
import { freePort } from "#server/launcher/checks.ts";
import { projectRoot } from "#server/launcher/folders.ts";

/** One line of `npm run bench -- start` (design §9). */
interface StartFigure {
  readonly figure: "start.cold_s" | "start.warm_s";
  readonly value: number;
  readonly unit: "s";
  readonly goal: string;
  readonly holds: boolean;
  /** What was on. */
  readonly note: string;
}

/** A station of press 1 shows its numbers in elements of this kind; one that is not stale has just arrived. */
const liveValue = '.value[data-stale="false"]';
const stationLink = /(http:\/\/localhost:\d+\/floor\/enrol\?code=[0-9A-Z]+)/;
const longestStart = 600_000;

/**
 * How long a newcomer waits: clone → `npm start` → first live value on a screen, with npm's cache warm; and the
 * same again after Ctrl-C. What is cloned is the last commit.
 */
export async function run(print: (figure: StartFigure) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-start-"));
  const clone = join(folder, "millwright");
  const executablePath = installedBrowser();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  const env = await settings();
  try {
    const begun = systemClock.monotonic();
    execFileSync("git", ["clone", "--quiet", "--no-hardlinks", projectRoot, clone]);
    await startAndLook(clone, env, browser, begun, (seconds) =>
      print(
        figure(
          "start.cold_s",
          seconds,
          120,
          "git clone, npm ci from npm's cache, next build, initdb, demo seed",
        ),
      ),
    );
    await startAndLook(clone, env, browser, systemClock.monotonic(), (seconds) =>
      print(figure("start.warm_s", seconds, 8, "the same clone again; its data of before stands")),
    );
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function figure(name: StartFigure["figure"], seconds: number, goal: number, what: string): StartFigure {
  const value = Math.round(seconds * 10) / 10;
  const note = `${what}; Node ${process.versions.node}; a station's page in Chromium, its load included`;
  return { figure: name, value, unit: "s", goal: `<=${goal}`, holds: value <= goal, note };
}

async function settings(): Promise<NodeJS.ProcessEnv> {
  const ports = { PORT: 0, HTTPS_PORT: 0, MQTT_PORT: 0, DEVICE_PORT: 0, OPCUA_PORT: 0 };
  const chosen: Record<string, string> = {};
  for (const name of Object.keys(ports)) chosen[name] = String(await freePort());
  return { ...process.env, ...chosen, DEMO: "1" };
}

/** One `npm start`, from `begun` until a number on a station's page lives; then Ctrl-C. */
async function startAndLook(
  clone: string,
  env: NodeJS.ProcessEnv,
  browser: Browser,
  begun: number,
  seen: (seconds: number) => void,
): Promise<void> {
  // A group of its own, so that the interrupt reaches npm and ours as a terminal's Ctrl-C would.
  const npm = spawn("npm", ["start"], { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = once(npm, "exit");
  try {
    const link = await linkOf(npm);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole("button", { name: "Make it a station" }).click();
    await page.locator(liveValue).first().waitFor({ timeout: 60_000 });
    seen((systemClock.monotonic() - begun) / 1000);
    await context.close();
  } finally {
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, "SIGINT");
    await ended;
  }
}

function linkOf(npm: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((done, fail) => {
    let words = "";
    const read = (chunk: Buffer) => {
      words += chunk.toString("utf8");
      const link = stationLink.exec(words)?.[1];
      if (link !== undefined) done(link);
    };
    npm.stdout?.on("data", read);
    npm.stderr?.on("data", read);
    const late = setTimeout(() => fail(new Error(`no address after ten minutes:\n${words}`)), longestStart);
    npm.once("exit", (code) => {
      clearTimeout(late);
      fail(new Error(`npm start ended with ${code}:\n${words}`));
    });
  });
}
