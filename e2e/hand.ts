import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** Sends a command as the page's own person: what a test needs to stand before it looks at a screen. */
export function send<T = Record<string, never>>(page: Page, path: string, body: object): Promise<T> {
  return page.evaluate(
    async ([to, text]) => {
      const answer = await fetch(`/api/v1${to}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...(JSON.parse(text) as object), commandId: crypto.randomUUID() }),
      });
      return (await answer.json()) as T;
    },
    [path, JSON.stringify(body)] as const,
  );
}

export async function signInWith(page: Page, person: string, password: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByRole("textbox", { name: "Personnel number" }).fill(person);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/, { timeout: 30_000 });
}
