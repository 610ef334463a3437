import type { Page } from "@playwright/test";
import { violations } from "./accessible.ts";
import { withEmptyHouse } from "./empty-house.ts";
import { expect, scan, test } from "./fixtures.ts";

/** The step that stands open. */
const openStep = (page: Page, name: string) => page.getByRole("button", { name, expanded: true });

// The time zone that is refused; a browser writes each failed request into its console.
test.use({ forgiven: [/the server responded with a status of 409/] });

test("a plant with one machine, no PLC and no ERP, from an empty house to its first true OEE", async ({
  browser,
}) => {
  test.setTimeout(300_000);
  await withEmptyHouse(browser, async (plant) => {
    const at = { baseURL: plant.urls.http, viewport: { width: 1280, height: 800 } };
    const desk = await (await browser.newContext(at)).newPage();
    const type = (label: string, text: string) => desk.getByLabel(label, { exact: true }).fill(text);
    const press = (name: string) => desk.getByRole("button", { name, exact: true }).click();

    await test.step("the first administrator comes in and finds the setup list", async () => {
      await desk.goto("/sign-in");
      await type("Personnel number", plant.doorkeys.administrator?.code ?? "");
      await type("Password", plant.doorkeys.administrator?.password ?? "");
      await press("Sign in");
      await expect(desk.getByRole("heading", { name: "Set up the plant" })).toBeVisible({ timeout: 30_000 });
      await expect(desk.getByText("0 of 9 done")).toBeVisible();
      expect(await violations(desk)).toEqual([]);
    });
    await test.step("works, machine, product, shifts, reasons, a person and an order", async () => {
      await type("Name of the works", "Smith & Sons");
      await type("Time zone", "Europe/Atlantis");
      await press("Save");
      await expect(
        desk.getByRole("alert").filter({ hasText: "Europe/Atlantis is not a time zone" }),
      ).toBeVisible();
      await type("Time zone", "Europe/Berlin");
      await press("Save");
      await expect(openStep(desk, "2. Line and machine")).toBeVisible();
      await type("Name of the line", "Sawing");
      await type("Name of the machine", "Saw 1");
      await type("Kind of machine", "saw");
      await press("Add the machine");
      await expect(openStep(desk, "4. Product and ideal cycle")).toBeVisible();
      await type("Name of the product", "Bar 100 mm");
      await type("Ideal cycle, seconds", "0,5");
      await press("Save product and cycle");
      await expect(openStep(desk, "5. Shifts")).toBeVisible();
      // Whenever this test runs, a shift runs.
      await desk.getByLabel("How it works").selectOption("three");
      await desk.getByLabel("On which days").selectOption("7");
      await press("Save the shifts");
      await expect(openStep(desk, "6. Five stop reasons")).toBeVisible();
      await press("Save the reasons");
      await expect(openStep(desk, "7. People and badges")).toBeVisible();
      await type("Name", "Ada Smith");
      await type("Badge", "4711");
      await press("Add the person");
      await expect(openStep(desk, "8. First order")).toBeVisible();
      await type("Number of the order", "1001");
      await type("Parts to make", "500");
      await press("Make the order");
      await expect(desk.getByText("8 of 9 done")).toBeVisible();
    });
    const code = await test.step("a station for the machine", async () => {
      await desk.getByRole("link", { name: "Make a station" }).click();
      await press("Add a station");
      await type("Name", "At the saw");
      await desk.getByRole("checkbox", { name: "Saw 1" }).check();
      await press("Make station and code");
      const shown = desk.locator("[data-station-code]");
      await expect(shown).toBeVisible();
      const dots = desk.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
        const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return pixels.filter((level, i) => i % 4 === 0 && level < 64 && pixels[i + 3] === 255).length;
      });
      expect(await dots, "the code as a picture for the tablet's camera").toBeGreaterThan(1000);
      return (await shown.textContent()) ?? "";
    });

    const station = await (await browser.newContext(at)).newPage();
    const tap = (name: string | RegExp) => station.getByRole("button", { name }).click();
    await test.step("the operator begins the order, says what the saw does and counts", async () => {
      await station.goto(`/floor/enrol?code=${code}`);
      await tap("Make it a station");
      await expect(station.getByRole("region", { name: "Say what the machine does" })).toBeVisible({
        timeout: 30_000,
      });
      const who = station.getByRole("banner").getByRole("button", { name: "Ada Smith" });
      await expect(async () => {
        await scan(station, "4711");
        await expect(who).toBeVisible({ timeout: 3000 });
      }).toPass();
      await tap(/^Start/);
      await tap("Running");
      await expect(station.getByRole("banner")).toContainText("Running");
      await tap("5");
      await tap("5 good parts");
      await expect(station.locator('[data-value="good"]')).toHaveText("5");
      await tap("1 scrap part");
    });
    await test.step("the first OEE is true: what was counted, against the time the saw was heard of", async () => {
      await desk.goto("/reports");
      const saw = desk.locator('[data-machine="saw-1"]');
      await expect(saw).toContainText("Quality83.3%", { timeout: 30_000 });
      await expect(saw).toContainText("manual");
      await expect(saw).toContainText("Availability100.0%");
      await expect(saw).not.toContainText("Performance over 100 %");
      // Five good parts of half a second, against the time since the saw was said to run: both on the screen's clock.
      await expect(async () => {
        const [record] = (await (await desk.request.get("/api/v1/oee/running")).json()) as [
          { buckets: { pbt: number } },
        ];
        const told = Number(/OEE\s*([\d.]+)%/.exec(await saw.innerText())?.[1]) / 100;
        const byHand = (5 * 500) / record.buckets.pbt;
        expect(
          Math.abs(told - byHand),
          `${String(told)} on the screen, ${String(byHand)} by hand`,
        ).toBeLessThan(byHand / 5);
      }).toPass({ timeout: 60_000 });
    });
    await test.step("the setup list is done", async () => {
      await desk.goto("/admin/setup");
      await expect(desk.getByText("9 of 9 done")).toBeVisible();
    });
  });
});
