import { expect, test } from "vitest";
import { type CauseRule, likelyCause, type Signal } from "./cause.rules.ts";
import { hearState, unknownState, whyNotJudged } from "./running.rules.ts";

const clogged: CauseRule = {
  id: 1,
  code: "cooling_clogged",
  rank: 1,
  direction: "up",
  conditions: [{ metric: "CoolingFlow", op: "<", limit: 9 }],
};
const heater: CauseRule = { id: 2, code: "heater_control", rank: 9, conditions: [] };
const flow = (value: number, good = true): Signal => ({
  tagId: 5,
  metric: "CoolingFlow",
  name: "Cooling water flow",
  unit: "l/min",
  value,
  good,
});

test("low cooling flow beside rising heat points to a clogged circuit, and says why", () => {
  const cause = likelyCause([heater, clogged], "up", [flow(6)]);
  expect(cause?.rule.code).toBe("cooling_clogged");
  expect(cause?.signals).toMatchObject([{ name: "Cooling water flow", value: 6, op: "<", limit: 9 }]);
});

test("a signal that is normal, bad or missing proves nothing", () => {
  expect(likelyCause([clogged], "up", [flow(12)])).toBeNull();
  expect(likelyCause([clogged], "up", [flow(6, false)])).toBeNull();
  expect(likelyCause([clogged], "up", [])).toBeNull();
  expect(likelyCause([clogged], "down", [flow(6)])).toBeNull();
  expect(likelyCause([clogged, heater], "up", [flow(12)])?.rule.code).toBe("heater_control");
});

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
