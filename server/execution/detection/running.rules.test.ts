import { expect, test } from "vitest";
import { hearState, unknownState, whyNotJudged } from "./running.rules.ts";

test("waiting for the neighbours is no stop: no new start follows from it", () => {
  let state = hearState(unknownState, 0, "running");
  expect(whyNotJudged(state, 0)).toBeNull();
  state = hearState(state, 1000, "starved");
  expect(whyNotJudged(state, 1000)).toBe("starved");
  state = hearState(state, 2000, "running");
  expect(whyNotJudged(state, 1500)).toBe("starved");
  expect(whyNotJudged(state, 2000)).toBeNull();
  state = hearState(hearState(state, 3000, "fault"), 4000, "running");
  expect(whyNotJudged(state, 3500)).toBe("not_running");
});

test("before the machine said anything, nothing is judged", () => {
  expect(whyNotJudged(unknownState, 0)).toBe("not_running");
});
