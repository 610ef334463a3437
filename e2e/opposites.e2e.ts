import type { Page } from "@playwright/test";
import { type SQL, sql } from "drizzle-orm";
import { openDb } from "#db/client.ts";
import { badge, deskOf, expect, type House, scan, stationOf, test } from "./fixtures.ts";
import { countsOn, decide, madeBetween, openProposal, scrapShare, shareOf, stateOn } from "./screen.ts";

// Presses go wrong at once, one for each story, so that the proposals ripen while others are decided.
test.beforeAll(async ({ house: { hand } }) => {
  await hand.fault("sensor-drift", "press-1");
  await hand.fault("cooling-clog", "press-3");
  await hand.fault("cooling-clog", "press-4");
});
test.afterAll(({ house }) => house.hand.clear());

const announcementOn = (station: Page) => station.getByRole("alert", { name: "A change is coming:" });

/** What a machine was told to set its melt to since entry `after` of its own record, oldest first. */
async function meltWrites({ hand }: House, machine: string, after: number): Promise<readonly unknown[]> {
  return (await hand.writes())
    .slice(after)
    .filter((write) => write.metric === `${machine}/MeltSetpoint`)
    .map((write) => write.value);
}

/** Waits until the machine itself stands at a set-point. */
async function meltSetTo({ hand }: House, machine: string, value: number): Promise<void> {
  await expect.poll(async () => (await hand.machine(machine)).meltSetpoint, { timeout: 30_000 }).toBe(value);
}

async function inDatabase({ plant }: House, change: SQL): Promise<void> {
  const db = openDb({ url: plant.ownerUrl, max: 1, name: "e2e" });
  await db.execute(change);
  await db.$client.end();
}

/** Time passes: the last moment in which a change might be sent is now. */
const runOut = (house: House, adjustmentId: string) =>
  inDatabase(house, sql`update adjustment set not_after = now() where id = ${adjustmentId}`);

/** How long a machine's station shows a change before it is sent. */
const announceFor = (house: House, machine: string, ms: number) =>
  inDatabase(house, sql`update work_unit set announce_ms = ${ms} where code = ${machine}`);

test("a sensor drifts: the change makes scrap worse, did not help, and the old value goes back the same way", async ({
  browser,
  house,
}) => {
  test.setTimeout(300_000);
  const before = (await house.hand.writes()).length;
  const station = await stationOf(browser, house, "press-1");
  const desk = await deskOf(browser, house, "dana");

  const start = await countsOn(station);
  const proposal = await openProposal(desk, "Press 1");
  expect(proposal.oldValue).toBe(230);
  expect(proposal.newValue).toBeLessThan(226);
  await desk.getByRole("button", { name: "Approve" }).click();
  await expect(announcementOn(station)).toContainText("Approved by Dana Novak.");
  await meltSetTo(house, "press-1", proposal.newValue);
  const changed = await countsOn(station);
  const shareBefore = shareOf(madeBetween(start, changed));

  await expect(stateOn(desk)).toHaveText("Did not help", { timeout: 150_000 });
  // Looked at each second, the test may be sure that scrap is not better before it is sure that it is worse.
  await expect(desk.getByText(/^The result is (not better enough|surely worse)\.$/)).toBeVisible();
  expect(await scrapShare(station, changed, 100)).toBeGreaterThan(shareBefore);

  await test.step("the return is announced with its countdown and could be held, then it is written", async () => {
    await expect(announcementOn(station)).toContainText("The old value goes back:");
    await expect(announcementOn(station).getByRole("timer")).toHaveText(/\d/);
    await expect(announcementOn(station).getByRole("button", { name: "HOLD" })).toBeVisible();
    await meltSetTo(house, "press-1", 230);
    expect(await meltWrites(house, "press-1", before)).toEqual([proposal.newValue, 230]);
  });

  await expect(station.getByRole("status", { name: "Result of a change" })).toContainText("It did not help");
  await desk.getByRole("link", { name: "This change was returned: open the return" }).click();
  await expect(desk.getByRole("heading", { level: 1 })).toContainText("→ 230.0");
  await expect(desk.getByText("The machine reported 230.0 °C")).toBeVisible();
});

test("a changeover in the middle ends in cannot tell yet, and nothing moves by itself", async ({
  browser,
  house,
}) => {
  test.setTimeout(240_000);
  const { hand } = house;
  const before = (await hand.writes()).length;
  const station = await stationOf(browser, house, "press-3");
  const desk = await deskOf(browser, house, "dana");
  const proposal = await openProposal(desk, "Press 3");
  await desk.getByRole("button", { name: "Approve" }).click();
  await expect(stateOn(desk)).toHaveAttribute("data-state", "verifying", { timeout: 30_000 });

  await test.step("the press is set up and its job finished at the station; the next one begins", async () => {
    await hand.panel("press-3", "setup");
    await station.getByRole("button", { name: "Job", exact: true }).click();
    const job = station.getByRole("region", { name: "Job" }).first();
    const order = await job
      .getByText(/^PO-\d+$/)
      .first()
      .innerText();
    await scan(station, badge.ada);
    await expect(station.getByRole("button", { name: "Ada Larsen" })).toBeVisible();
    await job.getByRole("button", { name: /^Finish/ }).click();
    await expect(job.getByText(order)).toHaveCount(0);
    await hand.panel("press-3", "running");
  });

  await expect(stateOn(desk)).toHaveText("Cannot tell yet");
  await expect(desk.getByText("Job, tool or material changed meanwhile.")).toBeVisible();
  await station.getByRole("button", { name: "Machine", exact: true }).click();
  const result = station.getByRole("status", { name: "Result of a change" });
  await expect(result).toContainText("Cannot tell yet");
  await expect(result).toContainText("A person decides what happens now.");

  await test.step("the press goes on as it was left, until a supervisor takes the change back", async () => {
    await scrapShare(station, await countsOn(station), 60);
    expect((await hand.machine("press-3")).meltSetpoint).toBe(proposal.newValue);
    await desk.goto("/office");
    const asked = desk.getByRole("listitem").filter({ hasText: "Press 3: cannot tell whether it helped" });
    await asked.getByRole("link", { name: "Answer" }).click();
    await decide(desk, "Take back", "Begin the new job with the value before");
    await expect(announcementOn(station)).toContainText("The old value goes back:");
    await meltSetTo(house, "press-3", 230);
    expect(await meltWrites(house, "press-3", before)).toEqual([proposal.newValue, 230]);
  });
  await hand.clear("press-3");
});

test("HOLD holds, an open guard blocks, an approval runs out, a rejection says why: nothing is ever written", async ({
  browser,
  house,
}) => {
  test.setTimeout(240_000);
  const { hand } = house;
  const before = (await hand.writes()).length;
  // Long enough for two hands on a computer that does much else; nothing here waits for it to end.
  await announceFor(house, "press-4", 60_000);
  const station = await stationOf(browser, house, "press-4");
  const desk = await deskOf(browser, house, "dana");
  const proposal = await openProposal(desk, "Press 4");
  const onStation = station.getByRole("region", { name: "Change of a set-point" });

  await test.step("nobody is signed on, and HOLD holds", async () => {
    await desk.getByRole("button", { name: "Approve" }).click();
    await expect(station.getByRole("button", { name: "Sign on" })).toBeVisible();
    await announcementOn(station).getByRole("button", { name: "HOLD" }).click();
    await expect(onStation).toContainText("Held. A supervisor releases it.");
    await expect(announcementOn(station)).toBeHidden();
    await expect(stateOn(desk)).toHaveText("Held");
  });

  await test.step("the supervisor releases it from the list of what needs them; it is announced anew", async () => {
    await desk.goto("/office");
    const held = desk.getByRole("listitem").filter({ hasText: "Press 4: change held" });
    await held.getByRole("link", { name: "Release" }).click();
    await decide(desk, "Release", "The filter is in, it may be sent");
    await expect(announcementOn(station)).toBeVisible();
  });

  await test.step("the guard opens during the countdown, and the change is blocked", async () => {
    await hand.fault("guard-open", "press-4");
    await expect(onStation).toContainText("Blocked");
    await expect(onStation).toContainText("A guard is open.");
    await expect(stateOn(desk)).toHaveText("Blocked");
    await expect(desk.getByRole("article")).toContainText("A guard is open.");
  });

  await test.step("the approval runs out, and nobody can release it any more", async () => {
    await runOut(house, proposal.id);
    await expect(stateOn(desk)).toHaveText("Expired");
    await expect(desk.getByRole("button", { name: "Release" })).toBeHidden();
    await expect(onStation).toBeHidden();
  });

  await test.step("the guard is shut, the cooling still clogged: proposed again, and rejected with a reason", async () => {
    await hand.clear("press-4");
    await hand.fault("cooling-clog", "press-4");
    const again = await openProposal(desk, "Press 4");
    expect(again.id).not.toBe(proposal.id);
    await desk.getByRole("button", { name: "Reject" }).click();
    const dialog = desk.getByRole("dialog", { name: "Reject" });
    await expect(dialog.getByRole("button", { name: "Reject" })).toHaveAttribute("aria-disabled", "true");
    await dialog.getByRole("textbox", { name: "Reason" }).fill("Maintenance is on its way");
    await dialog.getByRole("button", { name: "Reject" }).click();
    await expect(stateOn(desk)).toHaveText("Rejected");
    await expect(desk.getByRole("listitem").filter({ hasText: "Dana Novak" })).toContainText(
      "Maintenance is on its way",
    );
  });

  expect(await meltWrites(house, "press-4", before)).toEqual([]);
  expect((await hand.machine("press-4")).meltSetpoint).toBe(230);
});
