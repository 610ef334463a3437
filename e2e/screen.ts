import { expect, type Locator, type Page } from "@playwright/test";

/** What a person reads off the screens of a story, and the few things they do on them again and again. */

/** Whole numbers and decimals as English screens write them, with their signs. */
function numberIn(text: string): number {
  return Number(text.replaceAll("−", "-").replaceAll(/[^0-9.-]/g, ""));
}

/** A live process value on a station. */
export async function valueOn(station: Page, metric: string): Promise<number> {
  return numberIn(await station.locator(`[data-tag="${metric}"] .value bdi`).innerText());
}

export interface Counts {
  readonly good: number;
  readonly scrap: number;
}

/** Good parts and scrap of the shift, as the station shows them. */
export async function countsOn(station: Page): Promise<Counts> {
  const shift = station.getByRole("region", { name: "This shift" });
  const scrap = shift
    .locator("div", { has: station.getByText("Scrap", { exact: true }) })
    .getByRole("definition")
    .last();
  return {
    good: numberIn(await shift.locator('[data-value="good"]').innerText()),
    scrap: numberIn(await scrap.innerText()),
  };
}

/** What was made between two looks. A shift that ended meanwhile began to count anew. */
export function madeBetween(from: Counts, to: Counts): Counts {
  if (to.good < from.good) return to;
  return { good: to.good - from.good, scrap: to.scrap - from.scrap };
}

/** Share of the parts that is scrap. */
export function shareOf({ good, scrap }: Counts): number {
  return scrap / (good + scrap);
}

/** Waits until so many parts were made since `from`; answers which share of them was scrap. */
export async function scrapShare(
  station: Page,
  from: Counts,
  parts: number,
  timeout = 90_000,
): Promise<number> {
  let made: Counts = { good: 0, scrap: 0 };
  await expect(async () => {
    made = madeBetween(from, await countsOn(station));
    expect(made.good + made.scrap).toBeGreaterThanOrEqual(parts);
  }).toPass({ timeout, intervals: [1000] });
  return shareOf(made);
}

/** Begins to watch for something on a page; answers, once it is there, when that was (ms since epoch). */
export function whenSeen(page: Page, selector: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (document.querySelector(wanted) === null) return false;
          resolve(performance.timeOrigin + performance.now());
          return true;
        };
        if (look()) return;
        const observer = new MutationObserver(() => {
          if (look()) observer.disconnect();
        });
        observer.observe(document.body, { childList: true, subtree: true });
      }),
    selector,
  );
}

/** A change of a set-point as the supervisor opened it. */
export interface Proposal {
  readonly id: string;
  readonly oldValue: number;
  readonly newValue: number;
}

/** Opens the proposal for a machine from the list of what needs the supervisor. */
export async function openProposal(desk: Page, machine: string): Promise<Proposal> {
  await desk.goto("/office");
  const row = desk.getByRole("listitem").filter({ hasText: `${machine}: change proposed` });
  await expect(row).toBeVisible({ timeout: 90_000 });
  await row.getByRole("link", { name: "Decide" }).click();
  await expect(desk).toHaveURL(/\/office\/approvals\/[0-9a-f-]{36}$/);
  const [oldValue = Number.NaN, newValue = Number.NaN] = (
    await desk.getByRole("heading", { level: 1 }).innerText()
  )
    .split("→")
    .map(numberIn);
  return { id: desk.url().slice(-36), oldValue, newValue };
}

/** Where the change stands, as the desk says it. */
export const stateOn = (desk: Page): Locator => desk.locator("article .d-chip[data-state]");

/** Takes a decision that owes a reason. */
export async function decide(
  desk: Page,
  deed: "Reject" | "Release" | "Take back",
  reason: string,
): Promise<void> {
  await desk.getByRole("button", { name: deed }).click();
  const dialog = desk.getByRole("dialog", { name: deed });
  await dialog.getByRole("textbox", { name: "Reason" }).fill(reason);
  await dialog.getByRole("button", { name: deed }).click();
  await expect(dialog).toBeHidden();
}
