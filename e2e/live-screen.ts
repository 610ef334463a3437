import { expect, type Page } from "@playwright/test";

/** How long parts may take to come back where two cores are shared, ms. */
export const patience = { timeout: 60_000 };

/** A page that stays open all the time. */
export class LiveScreen {
  readonly #page: Page;
  readonly #loaded: { times: number };

  constructor(page: Page) {
    this.#page = page;
    const loaded = { times: 0 };
    this.#loaded = loaded;
    page.on("load", () => (loaded.times += 1));
  }

  /** It says that it is live, its values are fresh, and one of them changes while one looks. */
  async isLive(): Promise<void> {
    const page = this.#page;
    await expect(page.getByText("Live", { exact: true }).first()).toBeAttached(patience);
    const values = page.locator('.value[data-stale="false"]');
    await expect(values.first()).toBeVisible(patience);
    const before = await values.allTextContents();
    await expect.poll(() => values.allTextContents(), patience).not.toEqual(before);
  }

  async isAway(): Promise<void> {
    await expect(this.#page.getByText(/^Not live$|No connection since/).first()).toBeAttached(patience);
  }

  async isTheSamePage(): Promise<void> {
    expect(this.#loaded.times, `${this.#page.url()} was loaded again`).toBe(0);
  }
}
