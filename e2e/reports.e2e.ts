import { deskOf, expect, test } from "./fixtures.ts";

test("the manager sees OEE of the running shift with its factors and its time, and what stands behind it", async ({
  browser,
  house,
}) => {
  const page = await deskOf(browser, house, "greta");
  await expect(page).toHaveURL(/\/reports$/);
  const running = page.getByRole("region", { name: /^The shift that runs/ });
  const press = running.getByRole("listitem").filter({ has: page.getByRole("button", { name: /^Press 2/ }) });
  const button = press.getByRole("button", { name: /^Press 2/ });
  for (const name of ["OEE", "Availability", "Performance", "Quality"])
    await expect(button).toContainText(new RegExp(`${name}\\s*\\d+\\.\\d\\s?%`));
  const buckets = press.getByRole("img", { name: /Producing/ });
  await expect(buckets).toHaveAccessibleName(/Producing .*\d.*Set-up .*Delays .*Planned down .*No data/);

  await button.click();
  await expect(press.getByRole("table", { name: "Formulas with their numbers" })).toContainText(
    "Producing / Planned busy time",
  );
  await expect(press).toContainText(/[\d,]+ good, [\d,]+ scrap, [\d,]+ cycles/);
});

test("shift records of the last thirty days appear, by day and by machine, and open into their numbers", async ({
  browser,
  house,
}) => {
  const page = await deskOf(browser, house, "greta");
  const month = page.getByRole("region", { name: "The last 30 days" });
  const rows = month.getByRole("table", { name: "The last 30 days" }).getByRole("row");
  // The past is filled in the background, a day at a time, while the plant lives: a head and two days are enough here.
  await expect(async () => {
    await page.reload();
    expect(await rows.count()).toBeGreaterThanOrEqual(3);
  }).toPass({ timeout: 150_000, intervals: [3000] });
  await month.getByText("Open the numbers behind it").click();
  await expect(month.getByRole("table", { name: "Formulas with their numbers" })).toBeVisible();

  await month.getByRole("combobox", { name: "Rows" }).selectOption({ label: "Machine" });
  await expect(page).toHaveURL(/by=machine/);
  await expect(rows.filter({ hasText: "Press 2" })).toContainText(/\d+\.\d\s?%/);
  await expect(rows.filter({ hasText: "Packer" })).toContainText(/\d+\.\d\s?%/);
});
