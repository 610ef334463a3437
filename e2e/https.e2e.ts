import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

// The server is killed on purpose, and a browser writes each failed request into its console.
test.use({ forgiven: [/Failed to load resource|WebSocket connection|net::ERR/] });

test("a tablet under the plant's second name: https, its own shell, a secure cookie, and back by itself after an outage", async ({
  house: { plant },
  listen,
  launchOptions,
}) => {
  const profile = await mkdtemp(join(tmpdir(), "millwright-tablet-"));
  const context = await chromium.launchPersistentContext(profile, {
    ...launchOptions,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: [
      ...(launchOptions.args ?? []),
      "--host-resolver-rules=MAP plant.example 127.0.0.1",
      `--ignore-certificate-errors-spki-list=${plant.spkiHash}`,
    ],
  });
  listen(context);
  try {
    const origin = `https://plant.example:${new URL(plant.urls.https).port}`;
    const page = context.pages()[0] ?? (await context.newPage());
    const link = plant.doorkeys.stations.find((one) => one.name === "Press 1");
    if (link === undefined) throw new Error("the demo has no station for press 1");
    await page.goto(origin + link.path);
    await page.getByRole("button", { name: "Make it a station" }).click();
    await expect(page).toHaveURL(`${origin}/floor/press-1`, { timeout: 30_000 });
    await expect(page.getByRole("heading", { name: "Press 1" })).toBeVisible();
    await expect(page.getByRole("banner")).toContainText("Live");

    await test.step("the service worker is registered and in control", async () => {
      expect(await page.evaluate(() => isSecureContext)).toBe(true);
      const script = await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL);
      expect(script).toBe(`${origin}/sw.js`);
      await expect
        .poll(() => page.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? null))
        .toBe(`${origin}/sw.js`);
    });

    await test.step("the cookie goes over https to this host alone, and no script reads it", async () => {
      const [cookie] = (await context.cookies()).filter(({ name }) => name === "__Host-station");
      expect(cookie).toMatchObject({
        domain: "plant.example",
        path: "/",
        secure: true,
        httpOnly: true,
        sameSite: "Strict",
      });
      expect(await page.evaluate(() => document.cookie)).not.toContain("__Host");
    });

    await test.step("the server dies: the screen says so, keeps its frame, and is live again without a reload", async () => {
      await page.evaluate(() => Object.assign(window, { sameDocument: true }));
      const strip = page.getByRole("status").filter({ hasText: "No connection since" });
      // The supervisor brings it back at once, and what is away for four seconds only is not worth a word.
      await expect(async () => {
        await plant.kill("server");
        await expect(strip).toBeVisible({ timeout: 1000 });
      }).toPass({ timeout: 60_000, intervals: [500] });
      await expect(strip).toContainText("Values are the last known.");
      await expect(page.getByRole("heading", { name: "Press 1" })).toBeVisible();
      await plant.settled();
      await expect(strip).toBeHidden({ timeout: 60_000 });
      await expect(page.getByRole("banner")).toContainText("Live");
      expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
    });
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
});
