import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** Sends a command as the page's own person and answers whatever came back, a refusal too. */
export function tell(page: Page, path: string, body: object): Promise<{ ok: boolean; told: unknown }> {
  return page.evaluate(
    async ([to, text]) => {
      const answer = await fetch(`/api/v1${to}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...(JSON.parse(text) as object), commandId: crypto.randomUUID() }),
      });
      return { ok: answer.ok, told: (await answer.json()) as unknown };
    },
    [path, JSON.stringify(body)] as const,
  );
}

/** The same for what must work: what a test needs to stand before it looks at a screen. @throws Error when refused */
export async function send<T = Record<string, never>>(page: Page, path: string, body: object): Promise<T> {
  const { ok, told } = await tell(page, path, body);
  if (!ok) throw new Error(`${path}: ${JSON.stringify(told)}`);
  return told as T;
}

export async function signInWith(page: Page, person: string, password: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByRole("textbox", { name: "Personnel number" }).fill(person);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/, { timeout: 30_000 });
}
