import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, expect, type Page, test as base } from "@playwright/test";
import { type RunningPlant, startPlant } from "#server/launcher/plant.ts";
import { PlantHand } from "./plant.ts";

export { expect } from "@playwright/test";

/** Badge of each of the demo's people. */
export const badge = {
  ada: "1001",
  chen: "1003",
  dana: "2001",
  elif: "2002",
  femi: "2003",
  greta: "3001",
  hugo: "9001",
} as const;

export interface House {
  readonly plant: RunningPlant;
  readonly hand: PlantHand;
}

interface Given {
  /** What a page's console may say in this test: a refusal that is asked for, a server that was killed. */
  readonly forgiven: readonly RegExp[];
  /** Listens to a browser of one's own; the contexts of `browser` are listened to anyway. */
  readonly listen: (context: BrowserContext) => void;
}

/** One real plant for all tests of a worker: real processes, its own folder and ports, at its default speed. */
export const test = base.extend<Given, { house: House }>({
  house: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright demands the pattern
    async ({}, use) => {
      const dataDir = await mkdtemp(join(tmpdir(), "millwright-e2e-"));
      const plant = await startPlant({
        dataDir,
        build: true,
        quiet: true,
        settings: { HOSTS: "plant.example" },
      });
      try {
        await use({ plant, hand: new PlantHand(plant) });
      } finally {
        await plant.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: 300_000 },
  ],

  forgiven: [[], { option: true }],

  // A page that works and complains in its console (an error, a refused script or style) does not work.
  listen: [
    async ({ browser, forgiven }, use) => {
      const complaints: string[] = [];
      const hear = (text: string) => {
        if (!forgiven.some((pattern) => pattern.test(text))) complaints.push(text);
      };
      const listen = (context: BrowserContext) => {
        context.on("console", (message) => {
          if (message.type() === "error") hear(`${message.text()} (${message.page()?.url() ?? "no page"})`);
        });
        context.on("weberror", (error) => hear(String(error.error())));
      };
      browser.on("context", listen);
      await use(listen);
      browser.off("context", listen);
      // A station left open would go on showing announcements, and so let changes through.
      await Promise.all(browser.contexts().map((context) => context.close()));
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

/** The first page after a sign-on is rendered from nothing, ms. */
const firstPage = { timeout: 30_000 };

/** A tablet enrolled as the station of a machine, showing its home with live values. */
export async function stationOf(browser: Browser, { plant }: House, machine: string): Promise<Page> {
  const link = plant.doorkeys.stations.find((one) =>
    one.name.toLowerCase().includes(machine.replace("-", " ")),
  );
  if (link === undefined) throw new Error(`the demo has no station for ${machine}`);
  const context = await browser.newContext({
    baseURL: plant.urls.http,
    viewport: { width: 1920, height: 1080 },
  });
  const page = await context.newPage();
  await page.goto(link.path);
  await page.getByRole("button", { name: "Make it a station" }).click();
  await expect(page).toHaveURL(new RegExp(`/floor/${machine}$`), firstPage);
  // Its frame comes with the page; a first value says that it is alive, so that it hears a badge.
  await expect(page.getByRole("region", { name: "Process now" })).not.toContainText("no value yet");
  return page;
}

/**
 * A badge at the scanner: a keyboard that types a key each 8 ms and ends with Enter, with no field in focus. The keys
 * carry their times with them, as those of a real scanner do, however busy this computer is.
 */
export async function scan(page: Page, code: string): Promise<void> {
  const keyboard = await page.context().newCDPSession(page);
  const start = await page.evaluate(() => performance.timeOrigin + performance.now());
  const keys = [...[...code].map((key) => ({ key, text: key })), { key: "Enter", text: "\r" }];
  for (const [i, { key, text }] of keys.entries()) {
    const timestamp = (start + i * 8) / 1000;
    await keyboard.send("Input.dispatchKeyEvent", { type: "keyDown", key, text, timestamp });
    await keyboard.send("Input.dispatchKeyEvent", { type: "keyUp", key, timestamp: timestamp + 0.003 });
  }
  await keyboard.detach();
}

/** Somebody at a desk, signed in with the demo's password. */
export async function deskOf(browser: Browser, { plant }: House, person: keyof typeof badge): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    baseURL: plant.urls.http,
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  await signIn(page, person);
  await expect(page).not.toHaveURL(/sign-in/, firstPage);
  return page;
}

/** Fills in and sends the form of the sign-in page. */
export async function signIn(page: Page, person: keyof typeof badge): Promise<void> {
  await page.goto("/sign-in");
  await page.getByRole("textbox", { name: "Personnel number" }).fill(person);
  await page.getByRole("textbox", { name: "Password" }).fill(`demo-${badge[person]}`);
  await page.getByRole("button", { name: "Sign in" }).click();
}
