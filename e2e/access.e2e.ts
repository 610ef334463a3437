import type { Browser, BrowserContext, Page } from "@playwright/test";
import { badge, deskOf, expect, type House, scan, signIn, stationOf, test } from "./fixtures.ts";
import { violations } from "./accessible.ts";

/** A browser that nobody knows here. */
async function strangerOf(browser: Browser, { plant }: House): Promise<BrowserContext> {
  return browser.newContext({ baseURL: plant.urls.http, viewport: { width: 1280, height: 800 } });
}

/** Presses the keys of the pad on the glass. */
async function typeOn(station: Page, digits: string): Promise<void> {
  for (const digit of digits) await station.getByRole("button", { name: digit, exact: true }).click();
}

async function enterPin(station: Page, person: string, pin: string): Promise<void> {
  await station.getByRole("button", { name: /^Number/ }).click();
  await station.getByRole("button", { name: "Clear" }).click();
  await typeOn(station, person);
  await station.getByRole("button", { name: "Next" }).click();
  await typeOn(station, pin);
  await station.getByRole("button", { name: "Sign on" }).last().click();
}

test("a badge and a PIN sign on at a station, and whoever signed on can sign off", async ({
  browser,
  house,
}) => {
  const station = await stationOf(browser, house, "press-1");
  const who = (name: string) => station.getByRole("banner").getByRole("button", { name });
  await scan(station, badge.ada);
  await expect(who("Ada Larsen")).toBeVisible();

  await test.step("another one hands over with one scan", async () => {
    await scan(station, badge.chen);
    await expect(who("Chen Wei")).toBeVisible();
  });
  await test.step("signing off leaves the station a station", async () => {
    await who("Chen Wei").click();
    await station.getByRole("button", { name: "Sign out" }).click();
    await expect(who("Sign on")).toBeVisible();
    await expect(station.getByRole("heading", { name: "Press 1" })).toBeVisible();
  });
  await test.step("without the badge: number and PIN", async () => {
    await who("Sign on").click();
    await enterPin(station, badge.ada, `${badge.ada}00`);
    await expect(who("Ada Larsen")).toBeVisible();
  });
});

test.describe("what is refused", () => {
  // The refusals asked for here; a browser writes each failed request into its console.
  test.use({ forgiven: [/the server responded with a status of 4\d\d/] });

  test("an unknown badge is told, a wrong PIN is told and after five tries throttled", async ({
    browser,
    house,
  }) => {
    const station = await stationOf(browser, house, "press-1");
    await scan(station, "7777");
    await expect(station.getByRole("alert").filter({ hasText: "This badge is not known." })).toBeVisible();
    for (let n = 0; n < 5; n++) {
      await enterPin(station, "1002", "999999");
      await expect(station.getByRole("alert").filter({ hasText: "Code or PIN is wrong." })).toBeVisible();
    }
    await enterPin(station, "1002", "100200");
    await expect(station.getByText(/^Too many wrong attempts\. Please wait \d+ seconds\.$/)).toBeVisible();
    await expect(station.getByRole("banner").getByRole("button", { name: "Sign on" })).toBeVisible();
  });

  test("a wrong password is told, and a code works once", async ({ browser, house }) => {
    const page = await (await strangerOf(browser, house)).newPage();
    await page.goto("/sign-in");
    await page.getByRole("textbox", { name: "Personnel number" }).fill("dana");
    await page.getByRole("textbox", { name: "Password" }).fill("demo-2002");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Code or password is wrong.")).toBeVisible();
    await page.goto("/floor/enrol?code=AAAA-AAAA");
    await page.getByRole("button", { name: "Make it a station" }).click();
    await expect(
      page.getByRole("alert").filter({ hasText: "This code is wrong, used or too old." }),
    ).toBeVisible();
  });
});

test.describe("signing out", () => {
  // A page that reads on until it is left hears that nobody is signed on any more.
  test.use({ forgiven: [/the server responded with a status of 401/] });

  test("the role decides where a password leads, and signing out ends it", async ({ browser, house }) => {
    for (const [person, path] of [
      ["dana", "/office"],
      ["elif", "/office"],
      ["greta", "/reports"],
      ["hugo", "/admin/people"],
    ] as const) {
      const page = await (await strangerOf(browser, house)).newPage();
      await signIn(page, person);
      await expect(page).toHaveURL(house.plant.urls.http + path, { timeout: 30_000 });
      if (person !== "greta") continue;
      await page.getByRole("button", { name: "Greta Holm" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await expect(page).toHaveURL(/\/sign-in$/);
      await page.goto("/reports");
      await expect(page).toHaveURL(/\/sign-in\?next=%2Freports$/);
    }
  });
});

test("without a session there is nothing but the way in, and a role does not see the others' pages", async ({
  browser,
  house,
}) => {
  const page = await (await strangerOf(browser, house)).newPage();
  for (const path of [
    "/office",
    "/office/approvals",
    "/office/machines/press-2",
    "/reports",
    "/admin/audit",
  ]) {
    await page.goto(path);
    await expect(page).toHaveURL(
      new RegExp(`/sign-in\\?next=${encodeURIComponent(path).replaceAll(".", "\\.")}$`),
    );
  }
  await page.goto("/floor/press-2");
  await expect(page).toHaveURL(/\/floor$/);
  await expect(page.getByText("This device is not a station yet")).toBeVisible();
  expect((await page.request.get("/api/v1/machines")).status()).toBe(401);
  expect((await page.request.get("/api/v1/health")).status()).toBe(200);

  const greta = await deskOf(browser, house, "greta");
  await greta.goto("/admin/people");
  await expect(greta).toHaveURL(/\/reports$/);
});

test.describe("stations", () => {
  // A tablet that was shut out asks once more, and is refused.
  test.use({ forgiven: [/the server responded with a status of 401/] });

  test("an administrator makes a station with its code, and another browser becomes it, once", async ({
    browser,
    house,
  }) => {
    const admin = await deskOf(browser, house, "hugo");
    await admin.goto("/admin/stations");
    await admin.getByRole("button", { name: "Add a station" }).click();
    const dialog = admin.getByRole("dialog", { name: "Add a station" });
    await dialog.getByRole("textbox", { name: "Name" }).fill("Walk-around tablet");
    await dialog.getByRole("checkbox", { name: "Press 3" }).check();
    await dialog.getByRole("button", { name: "Make station and code" }).click();
    const code = await admin
      .getByRole("dialog", { name: "The station's code" })
      .locator("[data-station-code]")
      .innerText();
    await admin.getByRole("button", { name: "Close" }).last().click();
    await expect(admin.getByRole("table").getByText("Walk-around tablet")).toBeVisible();

    const tablet = await (await strangerOf(browser, house)).newPage();
    await tablet.goto("/floor");
    await tablet.getByRole("link", { name: "Enter the code" }).click();
    await tablet.getByRole("textbox", { name: "One-time code" }).fill(code);
    await tablet.getByRole("button", { name: "Make it a station" }).click();
    await expect(tablet).toHaveURL(/\/floor\/press-3$/);
    await expect(tablet.getByRole("heading", { name: "Press 3" })).toBeVisible();

    await test.step("shut out, it is no station any more", async () => {
      const row = admin.getByRole("row").filter({ hasText: "Walk-around tablet" });
      await row.getByRole("button", { name: "Shut out" }).click();
      await expect(row).toContainText("shut out");
      await tablet.goto("/floor/press-3");
      await expect(tablet.getByText("This device is not a station yet")).toBeVisible();
    });
  });
});

test("the first screen speaks four languages, Arabic from right to left", async ({ browser, house }) => {
  const page = await (await strangerOf(browser, house)).newPage();
  await page.goto("/sign-in");
  for (const [language, own, direction, button] of [
    ["es", "Español", "ltr", "Entrar"],
    ["de", "Deutsch", "ltr", "Anmelden"],
    ["ar", "العربية", "rtl", "دخول"],
    ["en", "English", "ltr", "Sign in"],
  ] as const) {
    await page.locator("button[aria-haspopup=menu]").click();
    await page.getByRole("menuitem", { name: own }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", language);
    await expect(page.locator("html")).toHaveAttribute("dir", direction);
    await expect(page.getByRole("button", { name: button, exact: true })).toBeVisible();
  }
});

test("nothing serious stands in anybody's way: axe on the screens people use most", async ({
  browser,
  house,
}) => {
  const stranger = await (await strangerOf(browser, house)).newPage();
  await stranger.goto("/sign-in");
  expect.soft(await violations(stranger), "sign-in").toEqual([]);

  const station = await stationOf(browser, house, "press-1");
  await expect(station.getByRole("region", { name: "Process now" })).toBeVisible();
  expect.soft(await violations(station), "station").toEqual([]);

  const desk = await deskOf(browser, house, "dana");
  await expect(desk.getByRole("heading", { name: /^What needs you/ })).toBeVisible();
  expect.soft(await violations(desk), "attention").toEqual([]);
  await desk.goto("/office/machines/press-1");
  await expect(desk.getByRole("heading", { name: "Press 1" })).toBeVisible();
  expect.soft(await violations(desk), "machine").toEqual([]);
  await desk.goto("/reports");
  await expect(desk.getByRole("heading", { name: "The shift that runs" })).toBeVisible();
  expect.soft(await violations(desk), "reports").toEqual([]);
});
