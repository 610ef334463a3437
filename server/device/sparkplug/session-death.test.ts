import { expect, test } from "vitest";
import { quality } from "../tag.contract.ts";
import { datatypes } from "./values.ts";
import { asks, born, events, kinds, Node, readings, t0, unreadable, values } from "./testing.ts";

test("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale, -devices-tags-stale: the death of the present birth makes every metric stale, by the host's clock", () => {
  const node = born();
  node.data(3, 1, 241);
  node.time += 9000;
  const effects = node.nodeDeath();
  expect(readings(effects)).toEqual([
    { metric: "press-1/Melt", sourceTime: t0 + 9000, value: 241, quality: quality.stale },
    { metric: "press-2/Melt", sourceTime: t0 + 9000, value: 230, quality: quality.stale },
  ]);
  expect(kinds(effects)).toEqual(["death", "death", "death"]);
  expect(node.session.life).toBe("dead");
});

test("trap: stale bdSeq: the late death of an earlier birth is ignored", () => {
  const node = born();
  expect(node.nodeDeath(6)).toEqual([]);
  expect(values(node.data(3, 1, 231))).toHaveLength(1);
});

test("trap: the same death heard twice counts once", () => {
  const node = born();
  expect(node.nodeDeath()).not.toEqual([]);
  expect(node.nodeDeath()).toEqual([]);
});

test("tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale: the death of one device leaves the others alone and uses the payload's time", () => {
  const node = born();
  node.time = 3000;
  const effects = node.send("DDEATH", "press-1", 3, []);
  expect(readings(effects)).toEqual([
    { metric: "press-1/Melt", sourceTime: t0 + 3000, value: 230, quality: quality.stale },
  ]);
  expect(values(node.data(4, 2, 231, "press-2"))).toHaveLength(1);
  expect(readings(node.data(5, 1, 231))).toEqual([]);
});

test("losing the broker makes everything stale, and what follows waits for a birth", () => {
  const node = born();
  node.time = 1000;
  expect(readings(node.session.disconnected(node.at)).every((r) => r.quality === quality.stale)).toBe(true);
  expect(readings(node.data(3, 1, 231))).toEqual([]);
  node.time = 8000;
  node.nodeBirth();
  expect(events(node.deviceBirth("press-1", 1, 1))[0]).toMatchObject({
    kind: "gap",
    from: t0,
    to: t0 + 8000,
  });
});

test("a rebirth within an unbroken session leaves no gap", () => {
  const node = born();
  node.data(3, 1, 231);
  node.nodeBirth();
  expect(kinds(node.deviceBirth("press-1", 1, 1))).toEqual(["birth"]);
});

test("the first birth ever heard ends a gap of every device, before any reading of this session", () => {
  const node = new Node();
  const [gap, birth] = events(node.nodeBirth());
  expect(gap).toMatchObject({ kind: "gap", device: "", to: t0 });
  expect(gap).not.toHaveProperty("from");
  expect(birth).toMatchObject({ kind: "birth", device: "" });
  expect(kinds(node.deviceBirth("press-1", 1, 1))).toEqual(["birth"]);
});

test("a later birth of the node ends no gap of unknown beginning: each device's own last reading is its beginning", () => {
  const node = born();
  node.nodeDeath();
  node.time = 5000;
  expect(kinds(node.nodeBirth(0, 8))).toEqual(["birth"]);
});

test("is_historical is stored as such and leaves the live value alone", () => {
  const node = born();
  const [reading] = readings(node.data(3, 1, 111, "press-1", { isHistorical: true, timestamp: t0 - 60_000 }));
  expect(reading).toMatchObject({ value: 111, sourceTime: t0 - 60_000, historical: true });
  expect(readings(node.nodeDeath())[0]).toMatchObject({ metric: "press-1/Melt", value: 230 });
});

test("is_null is a reading without a value, not 0", () => {
  const node = born();
  const effects = node.send("DDATA", "press-1", 3, [{ alias: 1, value: null }]);
  expect(values(effects)).toEqual([["press-1/Melt", null]]);
});

test("a metric may change several times in one message", () => {
  const node = born();
  const effects = node.send("DDATA", "press-1", 3, [
    { alias: 1, value: 1, timestamp: t0 + 1 },
    { alias: 1, value: 2, timestamp: t0 + 2 },
  ]);
  expect(readings(effects).map((r) => [r.sourceTime, r.value])).toEqual([
    [t0 + 1, 1],
    [t0 + 2, 2],
  ]);
});

test("trap: names that differ only by case are reported and both kept", () => {
  const node = new Node();
  node.nodeBirth();
  const effects = node.send("DBIRTH", "press-1", 1, [
    { name: "Temp", alias: 1, sayDatatype: true, value: 1 },
    { name: "temp", alias: 2, sayDatatype: true, value: 2 },
  ]);
  expect(unreadable(effects)).toBe("Temp and temp differ only by case");
  expect(values(effects)).toHaveLength(2);
});

test("a birth without datatypes is refused", () => {
  const node = new Node();
  node.nodeBirth();
  expect(unreadable(node.send("DBIRTH", "press-1", 1, [{ name: "Melt", alias: 1 }]))).toMatch(/no datatype/);
  expect(node.session.target("press-1/Melt")).toBeUndefined();
});

const melt = { name: "Melt", sayDatatype: true, value: 230 };
test.each([
  ["a metric without a name", [{ ...melt, name: "", alias: 1 }], /has no name/],
  [
    "a name twice",
    [
      { ...melt, alias: 1 },
      { ...melt, alias: 2 },
    ],
    /names Melt twice/,
  ],
])("a birth with %s is refused as a whole", (_what, metrics, why) => {
  const node = new Node();
  node.nodeBirth();
  expect(unreadable(node.send("DBIRTH", "press-1", 1, metrics))).toMatch(why);
  expect(node.session.target("press-1/Melt")).toBeUndefined();
});

test("a value of another type than its birth said is unreadable and stores nothing", () => {
  const node = born();
  const other = node.send("DDATA", "press-1", 3, [{ alias: 1, datatype: datatypes.String, value: "hot" }]);
  expect(unreadable(other)).toBe("press-1/Melt came in another type than its birth said");
  expect(values(other)).toEqual([]);
});

test("a message without a sequence number is unreadable and asks for a rebirth", () => {
  const node = born();
  expect(unreadable(node.send("DDATA", "press-1", undefined, [{ alias: 1 }]))).toMatch(/sequence number/);
  expect(asks(node.tick(500))).toBe(true);
});

test("a write finds its metric by the path of the birth, and nothing when there is no birth", () => {
  const node = born();
  expect(node.session.target("press-2/Melt")).toMatchObject({ alias: 2, device: "press-2" });
  expect(node.session.target("press-9/Melt")).toBeUndefined();
  node.nodeDeath();
  expect(node.session.target("press-2/Melt")).toBeUndefined();
});

test.each([
  ["a birth", (node: Node, seq: number | undefined) => node.send("NBIRTH", "", seq, [])],
  [
    "data",
    (node: Node, seq: number | undefined) => node.send("DDATA", "press-1", seq, [{ alias: 1, value: 1 }]),
  ],
] as const)("%s with no sequence number, or one beyond 255, is unreadable", (_what, say) => {
  for (const seq of [undefined, 256]) {
    const node = born();
    expect(unreadable(say(node, seq))).toMatch(/without a sequence number from 0 to 255/);
    expect(values(node.data(3, 1, 231))).toHaveLength(1);
  }
});

test("a birth of another session, though no death was heard, ends what is known of the one before", () => {
  const node = born();
  node.time = 8000;
  node.nodeBirth(0, 8);
  expect(events(node.deviceBirth("press-1", 1, 1))[0]).toMatchObject({
    kind: "gap",
    from: t0,
    to: t0 + 8000,
  });
});

test("a rebirth that comes while a message is missing does not hide the hole", () => {
  const node = born();
  node.data(4, 1, 231);
  node.time = 500;
  node.nodeBirth();
  expect(events(node.deviceBirth("press-1", 1, 1))[0]).toMatchObject({ kind: "gap", from: t0, to: t0 + 500 });
});

test("a death that does not say of which birth is told and believed by nobody", () => {
  const node = born();
  expect(unreadable(node.send("NDEATH", "", undefined, []))).toBe("an NDEATH without bdSeq");
  expect(values(node.data(3, 1, 231))).toHaveLength(1);
});

test("who is dead is nobody's target for a write", () => {
  const node = born();
  expect(node.session.target("press-1/Melt")).toBeDefined();
  node.tick(0);
  node.data(5, 1, 231);
  node.tick(2000);
  expect(node.session.life).toBe("awaiting rebirth");
  expect(node.session.target("press-1/Melt")).toBeUndefined();
});

test("messages that wait for a missing one are bounded: too many of them are as good as a timer", () => {
  const node = born();
  let told: ReturnType<Node["data"]> = [];
  for (let n = 0; n < 200 && told.length === 0; n++) told = node.data((4 + n) & 255, 1, n);
  expect(kinds(told)).toContain("gap");
  expect(node.session.life).toBe("awaiting rebirth");
});
