import { expect, test } from "vitest";
import type { Actor, Role } from "#server/core/actor.contract.ts";
import { nobody } from "#server/core/actor.contract.ts";
import {
  maxHz,
  mayWatch,
  mayWatchTag,
  parseScope,
  roomsOf,
  type ScreenScope,
  type Topology,
} from "./rooms.rules.ts";

const lines = new Map([
  [1, [1, 2]],
  [2, [5]],
]);
const topology: Topology = {
  lineOf: (machine) => [...lines].find(([, machines]) => machines.includes(machine))?.[0],
  machinesOf: (line) => lines.get(line) ?? [],
  machineOfTag: (tag) => (tag >= 10 && tag < 60 ? Math.floor(tag / 10) : undefined),
};
const own = "0f8fad5b-d9cb-469f-a165-70867728950e";
const other = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const station: Actor = { kind: "station", name: "P2", roles: [], stationId: own, machineIds: [2] };
const atStation = (role: Role): Actor => ({ ...station, kind: "person", personId: other, roles: [role] });
const atDesk = (role: Role): Actor => ({ kind: "person", name: "x", personId: other, roles: [role] });
const scope = (text: string) => parseScope(text) as ScreenScope;
const may = (actor: Actor, text: string) => mayWatch(actor, scope(text), topology);

test("a text that is no scope is none", () => {
  for (const text of [
    "",
    "machine:",
    "machine:0",
    "machine:1e9",
    "machine:-1",
    "line:1 or 1",
    "station:x",
    "Plant",
  ])
    expect(parseScope(text), text).toBeNull();
  expect(parseScope(`station:${own}`)).toEqual({ kind: "station", id: own });
});

test("a station hears of its own machine and of nothing else", () => {
  expect(may(station, "machine:2")).toBe(true);
  expect(may(station, "machine:1")).toBe(false);
  expect(may(station, "line:1")).toBe(false);
  expect(may(station, "plant")).toBe(false);
  expect(may(station, `station:${own}`)).toBe(true);
  expect(may(station, `station:${other}`)).toBe(false);
});

test("a badge at a station widens what one may do, not what the screen shows", () => {
  expect(may(atStation("supervisor"), "machine:2")).toBe(true);
  expect(may(atStation("supervisor"), "machine:1")).toBe(false);
  expect(may(atStation("supervisor"), "plant")).toBe(false);
});

test("at a desk the plant is open to everybody who may look at the floor, and to nobody else", () => {
  expect(may(atDesk("supervisor"), "plant")).toBe(true);
  expect(may(atDesk("manager"), "line:1")).toBe(true);
  expect(may(nobody, "plant")).toBe(false);
  expect(may(nobody, "machine:2")).toBe(false);
  expect(may({ kind: "service", name: "edge", roles: ["service"] }, "machine:2")).toBe(false);
});

test("machines and lines that do not exist cannot be watched", () => {
  expect(may(atDesk("supervisor"), "machine:99")).toBe(false);
  expect(may(atDesk("supervisor"), "line:99")).toBe(false);
});

test("a tag's values are for whoever may look at its machine", () => {
  expect(mayWatchTag(station, 21, topology)).toBe(true);
  expect(mayWatchTag(station, 11, topology)).toBe(false);
  expect(mayWatchTag(atDesk("supervisor"), 999, topology)).toBe(false);
});

test("facts rise from machine to plant and sink from line to machine", () => {
  expect(roomsOf("machine:2", topology)).toEqual(["machine:2", "line:1", "plant"]);
  expect(roomsOf("line:1", topology)).toEqual(["line:1", "machine:1", "machine:2", "plant"]);
  expect(roomsOf("plant", topology)).toEqual(["*"]);
  expect(roomsOf(`station:${own}`, topology)).toEqual([`station:${own}`]);
});

test("a kiosk gets half the frames of a desk", () => {
  expect(maxHz(station)).toBe(10);
  expect(maxHz(atStation("operator"))).toBe(10);
  expect(maxHz(atDesk("supervisor"))).toBe(20);
});
