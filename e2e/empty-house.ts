import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { type RunningPlant, startPlant } from "#server/launcher/plant.ts";

/** An empty house of one's own: no demo, no machine, one administrator. */
export async function withEmptyHouse(
  browser: Browser,
  use: (plant: RunningPlant) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "millwright-first-"));
  const plant = await startPlant({ dataDir, demo: false, quiet: true });
  try {
    await use(plant);
  } finally {
    // A page left open would complain that its server is gone.
    await Promise.all(browser.contexts().map((context) => context.close()));
    await plant.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
