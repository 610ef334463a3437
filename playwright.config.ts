import { defineConfig } from "@playwright/test";
import { installedBrowser } from "./server/launcher/browser.ts";

const executablePath = installedBrowser();
// Chromium's own sandbox needs what root, and most containers, do not give.
const unsandboxed = process.getuid?.() === 0 || process.env["CI"] !== undefined;

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.e2e.ts",
  outputDir: "test-results",
  // Two plants side by side, each with its own processes, ports and folder: a story mostly waits for its process.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: process.env["CI"] !== undefined,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    headless: true,
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: unsandboxed ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
    },
  },
});
