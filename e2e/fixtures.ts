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

/** One real plant for all tests of a worker: real processes, its own folder and ports, at its default speed. */
export const test = base.extend<object, { house: House }>({
  house: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright demands the pattern
    async ({}, use) => {
      const dataDir = await mkdtemp(join(tmpdir(), "millwright-e2e-"));
      const plant = await startPlant({ dataDir, build: true, quiet: true, settings: { HOSTS: "plant.example" } });
      try {
        await use({ plant, hand: new PlantHand(plant) });
      } finally {
        await plant.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: 300_000 },
  ],
});

/** A tablet enrolled as the station of a machine, showing its home. */
export async function stationOf(browser: Browser, { plant }: House, machine: string): Promise<Page> {
  const link = plant.doorkeys.stations.find((one) => one.name.toLowerCase().includes(machine.replace("-", " ")));
  if (link === undefined) throw new Error(`the demo has no station for ${machine}`);
  const context = await browser.newContext({ baseURL: plant.urls.http, viewport: { width: 1920, height: 1080 } });
  const page = await context.newPage();
  await page.goto(link.path);
  await page.getByRole("button", { name: "Make it a station" }).click();
  await expect(page).toHaveURL(new RegExp(`/floor/${machine}$`));
  return page;
}

/** A badge at the scanner: types fast and ends with Enter, with no field in focus. */
export async function scan(page: Page, code: string): Promise<void> {
  await page.keyboard.type(code, { delay: 4 });
  await page.keyboard.press("Enter");
}

/** Somebody at a desk, signed in with the demo's password. */
export async function deskOf(browser: Browser, { plant }: House, person: keyof typeof badge): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    baseURL: plant.urls.http,
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.locator('input[name="username"]').fill(person);
  await page.locator('input[name="password"]').fill(`demo-${badge[person]}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  return page;
}
