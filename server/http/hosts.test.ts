import { hostname } from "node:os";
import { expect, test } from "vitest";
import { createHostList, hostName, isLoopbackAddress } from "./hosts.ts";
import { landingOf } from "./landing.rules.ts";
import { pickLanguage } from "./words.ts";

test.each([
  ["plant.example:3443", "plant.example"],
  ["PLANT.example.", "plant.example"],
  ["[::1]:3000", "::1"],
  ["[fe80::1]", "fe80::1"],
  ["10.1.2.3", "10.1.2.3"],
  ["a@b", null],
  ["a/b", null],
  ["a b", null],
  ["[::1", null],
  ["a:b:c", null],
  ["", null],
  [undefined, null],
])("the host of %s is %s", (header, name) => {
  expect(hostName(header)).toBe(name);
});

test("the plant answers to its own names, those of HOSTS, and no others", () => {
  const list = createHostList("tablet.example, *.hall.example ,10.9.9.9");
  for (const own of [
    "localhost",
    "127.0.0.1",
    "::1",
    hostname().toLowerCase(),
    "tablet.example",
    "a.hall.example",
    "10.9.9.9",
  ])
    expect([own, list.allows(own)]).toEqual([own, true]);
  for (const strange of [
    "evil.example",
    "x.tablet.example",
    "a.b.hall.example",
    "hall.example",
    "10.9.9.8",
    "*",
  ])
    expect([strange, list.allows(strange)]).toEqual([strange, false]);
});

test("loopback is 127.x, ::1 and their mapped forms", () => {
  expect(["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.9.9.9"].every(isLoopbackAddress)).toBe(true);
  expect(
    ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "127.0.0.1.evil", undefined].some(isLoopbackAddress),
  ).toBe(false);
});

test.each([
  ["de-CH, en;q=0.8", "de"],
  ["fr, es;q=0.5, ar;q=0.7", "ar"],
  ["fr", "en"],
  ["de;q=0, es", "es"],
  [undefined, "en"],
])("of %s the reader gets %s", (header, language) => {
  expect(pickLanguage(header)).toBe(language);
});

test("the role decides where somebody begins; at a station it is its machine", () => {
  const person = (...roles: ("operator" | "supervisor" | "manager" | "administrator" | "quality")[]) =>
    ({ kind: "person", personId: crypto.randomUUID(), name: "", roles }) as const;
  expect(landingOf({ kind: "station", name: "", roles: [] }, "press-2")).toBe("/floor/press-2");
  expect(landingOf({ ...person("supervisor"), roles: ["supervisor"], machineIds: [1] }, "press-2")).toBe(
    "/floor/press-2",
  );
  const at = (...roles: Parameters<typeof person>) =>
    landingOf({ ...person(...roles), roles: [...roles] }, null);
  expect(at("supervisor")).toBe("/office");
  expect(at("quality")).toBe("/office");
  expect(at("manager")).toBe("/reports");
  expect(at("administrator")).toBe("/admin");
  expect(at("operator")).toBe("/floor");
});
