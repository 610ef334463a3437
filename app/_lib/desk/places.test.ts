import { expect, test } from "vitest";
import { areasOf, hereOf, type Place, sectionsOf } from "./places.ts";

const office: Place[] = [
  { href: "/office", key: "attention" },
  { href: "/office/alarms", key: "alarms" },
];
const admin: Place[] = (
  [
    "setup",
    "equipment",
    "calendar",
    "reasons",
    "products",
    "tools",
    "sources",
    "reflexes",
    "people",
    "audit",
  ] as const
).map((key) => ({ href: `/admin/${key}`, key }));
const reports: Place[] = [{ href: "/reports", key: "reports" }];
const all = [...office, ...reports, ...admin];

test("whoever may go to few places sees them all in one row", () => {
  expect(areasOf([...office, ...reports], "/office")).toMatchObject({
    areas: [],
    beside: [...office, ...reports],
  });
});

test("whoever may go everywhere sees the areas, and the open one's places where they fit", () => {
  const { areas, beside } = areasOf(all, "/office/alarms");
  expect(areas.map(({ name, href, isHere }) => [name, href, isHere])).toEqual([
    ["office", "/office", true],
    ["reports", "/reports", false],
    ["admin", "/admin/setup", false],
  ]);
  expect(beside).toEqual(office);
});

test("an area of more places than a row holds has them in a rail; one of a single place needs neither", () => {
  expect(areasOf(all, "/admin/tools")).toMatchObject({ beside: [], rail: admin });
  expect(areasOf(all, "/reports")).toMatchObject({ beside: [], rail: [] });
  expect(areasOf(all, "/office").rail).toEqual([]);
  expect(areasOf([...office, ...reports], "/office").rail).toEqual([]);
});

test("a page below a place belongs to the nearest one", () => {
  expect(hereOf(all, "/office/alarms/7")?.key).toBe("alarms");
  expect(hereOf(all, "/office/machines/press-1")?.key).toBe("attention");
  expect(hereOf(all, "/floor")).toBeUndefined();
});

test("every place stands under one heading", () => {
  const told = sectionsOf(all);
  expect(told.map(({ name }) => name)).toEqual([
    "office",
    "reports",
    "plant",
    "products",
    "connections",
    "people",
    "system",
  ]);
  expect(told.flatMap(({ places }) => places)).toHaveLength(all.length);
});
