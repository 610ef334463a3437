import { expect, test } from "vitest";
import { eventRow, lostEvent } from "./events.rules.ts";

const now = Date.UTC(2026, 10, 22);
const event = { at: now, sourceId: 1, machineId: 2 };

test("a gap of the edge's queue names its stretch, one that a driver reports names its time", () => {
  const stream = { kind: "readings", lane: 3, epoch: "ffffffffffffffff" };
  expect(
    eventRow({ ...event, kind: "gap", data: { stream, from: 5, to: 9, reason: "queue_full" } }, now),
  ).toMatchObject({
    reason: "queue_full",
    gap: { lane: 3, kind: "readings", epoch: "-1", first: 5, last: 9 },
  });
  const reported = eventRow(
    { ...event, kind: "gap", data: { device: "press-1", from: now - 5000, reason: "lost link" } },
    now,
  );
  expect(reported).toMatchObject({ reason: "lost link", from: now - 5000, to: now });
  expect(reported.gap).toBeUndefined();
});

test("a gap that ends before it begins is no hole to step over", () => {
  const stream = { kind: "readings", lane: 3, epoch: "ffffffffffffffff" };
  const row = eventRow(
    { ...event, kind: "gap", data: { stream, from: 9, to: 5, reason: "queue_full" } },
    now,
  );
  expect(row.gap).toBeUndefined();
});

test("what the database cannot hold is replaced, at any depth", () => {
  const row = eventRow(
    { kind: "birth", at: now, sourceId: 2 ** 40, machineId: -1, data: { "a\0": ["\uD800", { b: "x\0y" }] } },
    now,
  );
  expect(row.data).toEqual({ "a\uFFFD": ["\uFFFD", { b: "x\uFFFDy" }] });
  expect(row).toMatchObject({ sourceId: null, machineId: null });
});

test("an impossible time falls back to the time of arrival and stays readable", () => {
  const row = eventRow({ ...event, kind: "death", at: 1e300, data: {} }, now);
  expect(row).toMatchObject({ at: now, data: { at: "1e+300" } });
});

test("an event that could not be stored keeps its kind and what it said", () => {
  const row = eventRow({ ...event, kind: "reflex", data: { a: 1 } }, now);
  expect(lostEvent(row, "no", now)).toMatchObject({ kind: "reflex", data: { unreadable: "no" } });
});
