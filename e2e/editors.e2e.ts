import { violations } from "./accessible.ts";
import { deskOf, expect, test } from "./fixtures.ts";

test("a supervisor closes a day, sees before saving what goes, and takes it back", async ({
  browser,
  house,
}) => {
  const desk = await deskOf(browser, house, "dana");
  await desk.goto("/admin/calendar");
  // The Sunday of next week: no shift of it has begun, whatever day it is.
  const day = desk.locator("[data-day]").nth(13);
  await expect(day).toContainText("06:00–14:00");
  await day.getByRole("button").click();
  const dialog = desk.getByRole("dialog");
  await dialog.getByLabel("What is otherwise").selectOption("changed");
  await dialog.getByLabel("Ends").fill("15:30");
  await expect(dialog.getByRole("alert")).toContainText("would be at once");
  await dialog.getByLabel("What is otherwise").selectOption("closed");
  await dialog.getByLabel("Why").fill("Works party");
  await expect(dialog).toContainText(/Goes:.*06:00–14:00.* Early/);
  expect(await violations(desk)).toEqual([]);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(day).toContainText("Closed Works party");
  await expect(day).not.toContainText("06:00–14:00");
  await day.getByRole("button").click();
  await dialog.getByRole("button", { name: "Take back" }).click();
  await expect(day).toContainText("06:00–14:00");
  expect(await violations(desk)).toEqual([]);
});

test("a new stop reason is offered at once, put away it is not, and undo offers it again", async ({
  browser,
  house,
}) => {
  const desk = await deskOf(browser, house, "hugo");
  const offered = () =>
    desk.evaluate(async () => {
      const answer = await fetch("/api/v1/machines/press-2/stop-reasons");
      return ((await answer.json()) as { name: string }[]).some(({ name }) => name === "Belt slipped");
    });
  await desk.goto("/admin/reasons");
  const technical = desk.getByRole("region", { name: "Technical" });
  await technical.getByRole("button", { name: "Add a reason here" }).click();
  await desk.getByLabel("Name at the machine").fill("Belt slipped");
  await desk.getByRole("dialog").getByRole("button", { name: "Add" }).click();
  const reason = technical.getByRole("button", { name: "Belt slipped", exact: true });
  await expect(reason).toBeVisible();
  expect(await offered()).toBe(true);
  await technical.getByRole("button", { name: "Put away: Belt slipped" }).click();
  await expect(reason).toBeHidden();
  expect(await offered()).toBe(false);
  await desk.getByText("Put away (1)").click();
  await desk.getByRole("button", { name: "Belt slipped", exact: true }).click();
  await desk.getByRole("dialog").getByRole("button", { name: "Undo" }).first().click();
  await expect(desk.getByText("Taken back.")).toBeVisible();
  await desk.keyboard.press("Escape");
  await expect(reason).toBeVisible();
  expect(await offered()).toBe(true);
  expect(await violations(desk)).toEqual([]);
});
