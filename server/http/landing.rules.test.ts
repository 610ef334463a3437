import { expect, test } from "vitest";
import type { Actor, Role } from "#server/core/actor.contract.ts";
import { landingOf } from "./landing.rules.ts";

const person = (...roles: Role[]): Actor => ({ kind: "person", name: "x", roles });

test.each([
  ["supervisor", "/office"],
  ["manager", "/reports"],
  ["administrator", "/admin"],
  ["quality", "/office"],
  ["maintenance", "/office"],
  ["operator", "/floor"],
  ["setter", "/floor"],
] as const)("a %s without a station begins at %s", (role, place) => {
  expect(landingOf(person(role), null)).toBe(place);
});

test("a station begins at its machine, whoever is signed on there", () => {
  const station: Actor = { kind: "station", name: "Press 2", roles: [], machineIds: [2] };
  expect(landingOf(station, "press-2")).toBe("/floor/press-2");
  expect(landingOf({ ...person("supervisor"), machineIds: [2] }, "press-2")).toBe("/floor/press-2");
  expect(landingOf(station, null)).toBe("/floor");
});

test("somebody with several roles begins where most waits for them", () => {
  expect(landingOf(person("manager", "supervisor"), null)).toBe("/office");
  expect(landingOf(person("manager", "administrator"), null)).toBe("/admin");
});
