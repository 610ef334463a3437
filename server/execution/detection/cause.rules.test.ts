import { expect, test } from "vitest";
import { type CauseRule, likelyCause, type Signal } from "./cause.rules.ts";

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
