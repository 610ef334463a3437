import { expect, test } from "vitest";
import { quality } from "../tag.contract.ts";
import { asks, born, events, kinds, Node, readings, t0, unreadable, values } from "./testing.ts";

test("a birth gives each metric its path, unit and first value, and control metrics are no data", () => {
  const node = new Node();
  expect(readings(node.nodeBirth())).toEqual([]);
  const effects = node.deviceBirth("press-1", 1, 1);
  expect(readings(effects)).toEqual([
    { metric: "press-1/Melt", sourceTime: t0, value: 230, quality: quality.good, unit: "°C" },
  ]);
  expect(events(effects)).toContainEqual({
    kind: "birth",
    device: "press-1",
    at: t0,
    metrics: ["press-1/Melt"],
  });
});

test("trap: one sequence for the whole edge node, wrapping from 255 to 0", () => {
  const node = born();
  for (let seq = 3; seq < 600; seq++) {
    const device = seq % 2 === 0 ? "press-1" : "press-2";
    expect(values(node.data(seq & 255, seq % 2 === 0 ? 1 : 2, seq, device))).toEqual([
      [`${device}/Melt`, seq],
    ]);
  }
});

test("tck-id-payloads-nbirth-seq: a host accepts a birth that starts at any sequence number", () => {
  const node = new Node();
  node.nodeBirth(254);
  node.deviceBirth("press-1", 255, 1);
  expect(values(node.data(0, 1, 231))).toEqual([["press-1/Melt", 231]]);
});

test("tck-id-operational-behavior-host-reordering-success: a message that overtook another waits for it and both are taken in order", () => {
  const node = born();
  expect(node.data(4, 1, 2)).toEqual([]);
  expect(values(node.data(3, 1, 1))).toEqual([
    ["press-1/Melt", 1],
    ["press-1/Melt", 2],
  ]);
  expect(node.session.due).toBeNull();
});

test("tck-id-operational-behavior-host-reordering-start, -rebirth: a hole in the sequence starts a timer, and when it ends a gap is reported and a rebirth asked for", () => {
  const node = born();
  node.time += 1000;
  node.data(3, 1, 231);
  node.time += 1000;
  node.data(5, 1, 233);
  expect(node.tick(1999)).toEqual([]);
  const lost = node.tick(1);
  expect(events(lost)).toContainEqual({
    kind: "gap",
    device: "press-1",
    at: t0 + 4000,
    reason: "message 4 is missing",
    from: t0 + 1000,
    to: t0 + 4000,
  });
  expect(asks(lost)).toBe(false);
  expect(asks(node.tick(250))).toBe(true);
});

test("trap: after a hole no alias is believed until the birth, and the gap reaches to it", () => {
  const node = born();
  node.data(4, 1, 1);
  node.tick(2000);
  expect(readings(node.data(6, 1, 99))).toEqual([]);
  node.time += 500;
  node.nodeBirth();
  const birth = node.deviceBirth("press-1", 1, 1);
  expect(events(birth)[0]).toMatchObject({ kind: "gap", device: "press-1", from: t0, to: t0 + 2500 });
  expect(values(node.data(2, 1, 232))).toEqual([["press-1/Melt", 232]]);
});

test("tck-id-operational-behavior-host-reordering-param: with no reorder time a hole asks for a rebirth at once", () => {
  const node = born({ reorderMs: 0, rebirthJitterMs: 0 });
  expect(kinds(node.data(4, 1, 1))).toEqual(["gap", "gap"]);
  expect(asks(node.tick(0))).toBe(true);
});

test("tck-id-payloads-alias-uniqueness: aliases belong to the node, so one alias on two devices is refused and read wrong by nobody", () => {
  const node = born();
  const effects = node.deviceBirth("press-3", 3, 1);
  expect(unreadable(effects)).toBe("alias 1 names both press-1/Melt and press-3/Melt");
  expect(values(node.data(4, 1, 240))).toEqual([["press-1/Melt", 240]]);
  expect(readings(node.data(5, 1, 240, "press-3"))).toEqual([]);
});

test("trap: a new birth forgets every alias of the one before", () => {
  const node = born();
  node.nodeBirth(0, 8);
  node.deviceBirth("press-2", 1, 1);
  expect(values(node.data(2, 1, 50, "press-2"))).toEqual([["press-2/Melt", 50]]);
  const old = node.data(3, 2, 60, "press-2");
  expect(readings(old)).toEqual([]);
  expect(unreadable(old)).toMatch(/alias 2 of press-2 stood in no birth/);
  expect(asks(node.tick(500))).toBe(true);
});

test("an unknown alias does not cost the known ones beside it", () => {
  const node = born();
  const effects = node.send("DDATA", "press-1", 3, [
    { alias: 77, value: 1 },
    { alias: 1, value: 234 },
  ]);
  expect(values(effects)).toEqual([["press-1/Melt", 234]]);
});

test("data before the birth are not taken and ask for a rebirth", () => {
  const node = new Node();
  expect(node.data(9, 1, 230)).toEqual([]);
  expect(asks(node.tick(250))).toBe(true);
});

test("data of a device before its own birth ask for a rebirth", () => {
  const node = new Node();
  node.nodeBirth();
  expect(node.data(1, 1, 230)).toEqual([]);
  expect(asks(node.tick(250))).toBe(true);
});

test("trap: rebirth storm: a flood of unknown data makes one rebirth request, then fewer and fewer", () => {
  const node = new Node();
  const asked: number[] = [];
  for (let i = 0; i < 600; i++) {
    node.data(i & 255, 1, i);
    if (asks(node.tick(100))) asked.push(node.time);
  }
  expect(asked).toEqual([300, 5300, 15_300, 35_300]);
});

test("trap: rebirth storm: hosts that start together do not all ask in the same moment", () => {
  const due = [0, 0.3, 0.9].map((random) => {
    const node = new Node({ random: () => random });
    node.session.connected(node.at);
    return node.session.due;
  });
  expect(due).toEqual([0, 150, 450]);
});

test("a birth that comes by itself cancels the request", () => {
  const node = new Node();
  node.session.connected(node.at);
  node.nodeBirth();
  expect(node.session.due).toBeNull();
});
