import type { Page } from "@playwright/test";
import {
  GlobalHistogramBinarizer,
  BinaryBitmap,
  MultiFormatReader,
  RGBLuminanceSource,
} from "@zxing/library";
import { toLocalInput } from "#app/_lib/local-time.ts";
import { violations } from "./accessible.ts";
import { withEmptyHouse } from "./empty-house.ts";
import { expect, test } from "./fixtures.ts";
import { send, signInWith, tell } from "./hand.ts";

const zone = "Europe/Berlin";
const minute = 60_000;

/** Reads a code off the screen as a scanner does: from its picture. */
async function scanned(page: Page, selector: string): Promise<string> {
  const picture = await page.locator(selector).first().screenshot({ scale: "css" });
  const blank = await page.context().newPage();
  const { light, width, height } = await blank.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [];
    return { light: [...data].filter((_, i) => i % 4 === 0), width: bitmap.width, height: bitmap.height };
  }, picture.toString("base64"));
  await blank.close();
  const source = new RGBLuminanceSource(Uint8ClampedArray.from(light), width, height);
  return new MultiFormatReader().decode(new BinaryBitmap(new GlobalHistogramBinarizer(source))).getText();
}

// The job of a held order that is refused; a browser writes each failed request into its console.
test.use({ forgiven: [/the server responded with a status of 409/] });

test("an order made by hand is split, held, printed and begun; a forgotten finish is seen, corrected and taken back", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  await withEmptyHouse(browser, async (plant) => {
    const at = { baseURL: plant.urls.http, viewport: { width: 1440, height: 900 } };
    const admin = await (await browser.newContext(at)).newPage();
    const { code = "", password = "" } = plant.doorkeys.administrator ?? {};
    await test.step("a plant with one machine that people speak for", async () => {
      await signInWith(admin, code, password);
      await send(admin, "/plant/site", { name: "Smith & Sons", timeZone: zone });
      const { lineId } = await send<{ lineId: number }>(admin, "/plant/lines", {
        code: "saws",
        name: "Sawing",
      });
      const machine = { lineId, code: "saw-1", name: "Saw 1", kind: "saw" };
      const { machineId } = await send<{ machineId: number }>(admin, "/plant/machines", machine);
      await send(admin, `/plant/machines/${String(machineId)}/manual`, {});
      const bar = { code: "BAR", name: "Bar 100 mm" };
      const { productId } = await send<{ productId: string }>(admin, "/products", bar);
      await send(admin, `/products/${productId}/standard`, { machineId, cycleMs: 60_000 });
      for (const [startLocal, endLocal] of [
        ["06:00", "14:00"],
        ["14:00", "22:00"],
        ["22:00", "06:00"],
      ])
        await send(admin, "/shift-patterns", {
          lineId,
          name: `From ${startLocal ?? ""}`,
          weekdays: [1, 2, 3, 4, 5, 6, 7],
          startLocal,
          endLocal,
        });
      const who = { code: "ada", name: "Ada Smith", roles: ["supervisor"] };
      const { personId } = await send<{ personId: string }>(admin, "/people", who);
      await send(admin, `/people/${personId}/password`, { password: "first-shift" });
    });

    const desk = await (await browser.newContext(at)).newPage();
    const press = (name: string | RegExp) =>
      desk.getByRole("button", { name, exact: typeof name === "string" }).click();
    const state = desk.locator("[data-order-state]");
    await test.step("an order is made", async () => {
      await signInWith(desk, "ada", "first-shift");
      await desk.getByRole("link", { name: "Orders", exact: true }).click();
      await expect(desk.getByText("No order yet")).toBeVisible();
      expect(await violations(desk)).toEqual([]);
      await press("New order");
      await desk.getByLabel("Number", { exact: true }).fill("2001");
      await desk.getByLabel("Parts to make").fill("100");
      await press("Make the order");
      await desk.getByRole("table").getByRole("link", { name: "2001" }).click();
      await expect(state).toHaveText("ready");
    });
    await test.step("it is split: not more than there is, and the part remembers where it came from", async () => {
      await press("Split");
      await desk.getByLabel("Parts for the new order").fill("100");
      await desk.getByRole("dialog").getByRole("button", { name: "Split" }).click();
      await expect(desk.getByText("at most 99 can move")).toBeVisible();
      await desk.getByLabel("Parts for the new order").fill("40");
      await desk.getByRole("dialog").getByRole("button", { name: "Split" }).click();
      await expect(desk.getByText("0 of 60, scrap 0")).toBeVisible();
      await desk.goto("/office/orders");
      await expect(desk.getByText("split from 2001")).toBeVisible();
      const queue = desk.locator('[data-queue="saw-1"] li');
      await expect(queue).toContainText(["2001", "2001-2"]);
      // By keyboard: the second job goes before the first.
      await desk.getByRole("button", { name: "Move 2001-2 up" }).focus();
      await desk.keyboard.press("Enter");
      await expect(queue).toContainText(["2001-2", "2001"]);
    });
    const begin = async () => {
      const orders = (await (await desk.request.get("/api/v1/orders")).json()) as {
        code: string;
        id: string;
        jobs: { jobId: string; machineId: number }[];
      }[];
      const order = orders.find((one) => one.code === "2001");
      const job = order?.jobs[0];
      const body = { machineId: job?.machineId, at: Date.now() - 60 * minute };
      const { told } = await tell(desk, `/jobs/${job?.jobId ?? ""}/start`, body);
      const answer = told as { refusal?: { code: string } };
      return { answer, machineId: job?.machineId ?? 0, orderId: order?.id ?? "" };
    };
    await test.step("on hold nothing of it begins", async () => {
      await desk.getByRole("table").getByRole("link", { name: "2001", exact: true }).click();
      await press("Hold");
      await desk.getByLabel("Reason").fill("drawing is wrong");
      await desk.getByRole("dialog").getByRole("button", { name: "Hold" }).click();
      await expect(state).toHaveText("on hold");
      expect((await begin()).answer.refusal?.code).toBe("order_on_hold");
      await press("Release");
      await desk.getByRole("dialog").getByRole("button", { name: "Release" }).click();
      await expect(state).toHaveText("ready");
    });
    await test.step("the traveller's codes say the order and its job", async () => {
      await desk.getByRole("link", { name: "Traveller" }).click();
      await expect(desk.getByRole("button", { name: "Print" })).toBeVisible();
      expect(await scanned(desk, '[data-code="code128"][aria-label="2001"]')).toBe("2001");
      expect(await scanned(desk, '[data-code="code128"][aria-label="2001/10"]')).toBe("2001/10");
      expect(await scanned(desk, '[data-code="qr"]')).toBe("2001");
      await desk.emulateMedia({ media: "print" });
      await expect(desk.getByRole("navigation", { name: "Places" })).toBeHidden();
      await expect(desk.locator('[data-code="qr"]')).toBeVisible();
      await desk.emulateMedia({ media: "screen" });
    });
    await test.step("a lot is received by hand, blocked and released", async () => {
      await desk.getByRole("link", { name: "Materials", exact: true }).click();
      await expect(desk.getByText("No lot in the house")).toBeVisible();
      await press("New material");
      await desk.getByLabel("Code", { exact: true }).fill("STEEL");
      await desk.getByLabel("Name", { exact: true }).fill("Steel bar");
      await press("Add the material");
      await press("Receive a lot");
      await desk.getByRole("dialog").getByLabel("Material").selectOption({ label: "STEEL Steel bar" });
      await desk.getByLabel("Lot number").fill("7");
      await desk.getByLabel("Quantity, kg").fill("12,5");
      await desk.getByLabel("Supplier’s lot").fill("S-99");
      await press("Book the lot");
      const row = desk.getByRole("row", { name: /Steel bar/ });
      await expect(row).toContainText("12.5 of 12.5 kg");
      await expect(row).toContainText("supplier: S-99");
      await press("Block lot 7");
      await desk.getByLabel("Reason").fill("rusty");
      await desk.getByRole("dialog").getByRole("button", { name: "Block", exact: true }).click();
      await expect(row).toContainText("blockedrusty");
      expect(await violations(desk)).toEqual([]);
      await press("Release lot 7");
      await desk.getByLabel("Reason").fill("brushed");
      await desk.getByRole("dialog").getByRole("button", { name: "Release", exact: true }).click();
      await expect(row).toContainText("free");
    });
    await test.step("it ran, its end was forgotten: the preview says what changes, and that is what is saved", async () => {
      const { answer, machineId, orderId } = await begin();
      expect(answer.refusal).toBeUndefined();
      await send(desk, "/machines/state", { machineId, word: "running", at: Date.now() - 60 * minute });
      await send(desk, "/machines/count", { machineId, good: 5 });
      await desk.goto(`/office/orders/${orderId}`);
      await expect(desk.getByText("5 of 60, scrap 0")).toBeVisible({ timeout: 20_000 });
      await desk.getByRole("link", { name: "Correct", exact: true }).click();
      await expect(desk.getByRole("radio", { name: /2001/ })).toBeChecked();
      await expect(desk.getByLabel("What was wrong", { exact: true })).toHaveValue("finish");
      await desk.getByLabel("Really ended").fill(toLocalInput(Date.now() - 30 * minute, zone));
      await press("Show what changes");
      const preview = desk.locator("[data-preview]").first();
      await expect(preview).toContainText("5 good, 0 scrap, running");
      await expect(preview).toContainText("0 good, 0 scrap, completed");
      await expect(preview.locator('[data-figure="oee"]').first()).toBeVisible();
      expect(await violations(desk)).toEqual([]);
      await press("Save the correction");
      await expect(desk.getByRole("alert").filter({ hasText: "This is needed." })).toBeVisible();
      await desk.getByLabel("Reason").fill("went home at half past");
      await press("Save the correction");
      const saved = desk.locator('[data-correction="finish"]');
      await expect(saved).toContainText("went home at half past");
      await expect(saved).toContainText("Ada Smith");
      await desk.goto(`/office/orders/${orderId}`);
      await expect(state).toHaveText("completed");
      await expect(desk.getByText("0 of 60, scrap 0")).toBeVisible();
      await desk.goto("/office/corrections");
      await desk.locator('[data-correction="finish"]').getByRole("button", { name: "Take back" }).click();
      await expect(desk.locator("[data-preview]").first()).toContainText("5 good, 0 scrap, running");
      await desk.getByLabel("Reason").fill("it did run on");
      await press("Save the correction");
      await expect(desk.locator('[data-correction="finish"]')).toContainText("taken back");
      await desk.goto(`/office/orders/${orderId}`);
      await expect(state).toHaveText("running");
      await expect(desk.getByText("5 of 60, scrap 0")).toBeVisible();
    });
  });
});
