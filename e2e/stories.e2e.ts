import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { projectRoot } from "#server/launcher/folders.ts";
import { nodeArguments } from "#server/launcher/supervised-child.ts";
import { deskOf, expect, test } from "./fixtures.ts";

test("npm run demo -- first-machine: turned away, let in, mapped, given an order, and its first OEE is true", async ({
  browser,
  house,
}) => {
  const { plant } = house;
  const desk = await deskOf(browser, house, "dana");
  const story = spawn(process.execPath, nodeArguments("server/demo/story.ts", "first-machine"), {
    cwd: projectRoot,
    env: { ...process.env, DATA_DIR: dirname(plant.folders.house), DEMO: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const out of [story.stdout, story.stderr]) out.on("data", (part: Buffer) => (said += part.toString()));
  const ended = once(story, "exit");
  await test.step("each step stands on the supervisor's screen", async () => {
    await expect(desk.getByText(/nothing is stored yet/)).toBeVisible({ timeout: 60_000 });
    await expect(desk.getByText("Each metric gets its tag: state, good count, a temperature.")).toBeVisible({
      timeout: 60_000,
    });
  });
  await test.step("its page lives while the story goes on", async () => {
    await expect
      .poll(() => /\/office\/machines\/label-\d+/.exec(said)?.[0], { timeout: 60_000 })
      .toBeDefined();
    await desk.goto(/\/office\/machines\/label-\d+/.exec(said)?.[0] ?? "/");
    await expect(desk.getByRole("heading", { level: 1 })).toContainText("Label printer");
    await expect(desk.getByRole("button", { name: /^Head temperature/ })).toContainText(/1(3|4)\d\.\d/);
  });
  await test.step("its first OEE stands on the screen, and is what one works out by hand", async () => {
    await expect(desk.getByText(/Its first OEE: [\d.]+ %/)).toBeVisible({ timeout: 60_000 });
    const [, told, byHand] = /Its first OEE: ([\d.]+) %\. By hand: .* are ([\d.]+) %/.exec(said) ?? [];
    expect(Number(told)).toBeGreaterThan(0);
    expect(Math.abs(Number(told) - Number(byHand))).toBeLessThanOrEqual(0.1);
  });
  expect(await ended, said).toEqual([0, null]);
  expect(said).toMatch(/Label printer \d+ runs, and [1-9]\d* labels are counted/);
});
