import { expect, test } from "vitest";
import type { DriverEvent, RawReading } from "../driver.contract.ts";
import { quality } from "../tag.contract.ts";
import { decodePayload, encodePayload, type MetricToSend } from "./payload.ts";
import { type Effect, type MessageType, NodeSession, type SessionOptions } from "./session.ts";
import { datatypes } from "./values.ts";

const t0 = 1_764_000_000_000;
const options: SessionOptions = {
  reorderMs: 2000,
  rebirthMinMs: 5000,
  rebirthJitterMs: 500,
  random: () => 0.5,
};

/** An edge node as the session hears it, through the real codec; time is moved by hand. */
class Node {
  readonly session: NodeSession;
  time = 0;

  constructor(extra: Partial<SessionOptions> = {}) {
    this.session = new NodeSession({ ...options, ...extra });
  }

  get at() {
    return { now: t0 + this.time, monotonic: this.time };
  }

  send(
    type: MessageType,
    device: string,
    seq: number | undefined,
    metrics: Partial<MetricToSend>[],
  ): Effect[] {
    const now = t0 + this.time;
    const whole = metrics.map((metric) => ({ timestamp: now, datatype: 10, value: 0, ...metric }));
    const bytes = encodePayload({ timestamp: now, ...(seq !== undefined && { seq }), metrics: whole });
    return this.session.receive({ type, device, payload: decodePayload(bytes) }, this.at);
  }

  nodeBirth(seq = 0, bdSeq = 7): Effect[] {
    return this.send("NBIRTH", "", seq, [
      { name: "bdSeq", datatype: datatypes.Int64, sayDatatype: true, value: bdSeq },
      { name: "Node Control/Rebirth", datatype: datatypes.Boolean, sayDatatype: true, value: false },
    ]);
  }

  deviceBirth(device: string, seq: number, alias: number, value = 230): Effect[] {
    return this.send("DBIRTH", device, seq, [{ name: "Melt", alias, sayDatatype: true, value, unit: "°C" }]);
  }

  nodeDeath(bdSeq = 7): Effect[] {
    return this.send("NDEATH", "", undefined, [{ name: "bdSeq", datatype: datatypes.Int64, value: bdSeq }]);
  }

  data(
    seq: number,
    alias: number,
    value: number,
    device = "press-1",
    extra: Partial<MetricToSend> = {},
  ): Effect[] {
    return this.send("DDATA", device, seq, [{ alias, value, ...extra }]);
  }

  tick(ms: number): Effect[] {
    this.time += ms;
    return this.session.tick(this.at);
  }
}

/** A node born with press-1 (alias 1) and press-2 (alias 2); the next message is number 3. */
function born(extra: Partial<SessionOptions> = {}): Node {
  const node = new Node(extra);
  node.nodeBirth();
  node.deviceBirth("press-1", 1, 1);
  node.deviceBirth("press-2", 2, 2);
  return node;
}

const readings = (effects: Effect[]): RawReading[] =>
  effects.flatMap((effect) => (effect.do === "readings" ? effect.readings : []));
const values = (effects: Effect[]) => readings(effects).map(({ metric, value }) => [metric, value]);
const events = (effects: Effect[]): DriverEvent[] =>
  effects.flatMap((effect) => (effect.do === "event" ? [effect.event] : []));
const kinds = (effects: Effect[]) => events(effects).map((event) => event.kind);
const asks = (effects: Effect[]) => effects.some((effect) => effect.do === "rebirth");
const unreadable = (effects: Effect[]) => effects.find((effect) => effect.do === "unreadable")?.reason;

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

test("a host accepts a birth that starts at any sequence number", () => {
  const node = new Node();
  node.nodeBirth(254);
  node.deviceBirth("press-1", 255, 1);
  expect(values(node.data(0, 1, 231))).toEqual([["press-1/Melt", 231]]);
});

test("a message that overtook another waits for it and both are taken in order", () => {
  const node = born();
  expect(node.data(4, 1, 2)).toEqual([]);
  expect(values(node.data(3, 1, 1))).toEqual([
    ["press-1/Melt", 1],
    ["press-1/Melt", 2],
  ]);
  expect(node.session.due).toBeNull();
});

test("trap: a hole in the sequence starts a timer, and when it ends a gap is reported and a rebirth asked for", () => {
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

test("with no reorder time a hole asks for a rebirth at once", () => {
  const node = born({ reorderMs: 0, rebirthJitterMs: 0 });
  expect(kinds(node.data(4, 1, 1))).toEqual(["gap", "gap", "gap"]);
  expect(asks(node.tick(0))).toBe(true);
});

test("trap: aliases belong to the node, so one alias on two devices is refused and read wrong by nobody", () => {
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

test("trap: a flood of unknown data makes one rebirth request, then fewer and fewer", () => {
  const node = new Node();
  const asked: number[] = [];
  for (let i = 0; i < 600; i++) {
    node.data(i & 255, 1, i);
    if (asks(node.tick(100))) asked.push(node.time);
  }
  expect(asked).toEqual([300, 5300, 15_300, 35_300]);
});

test("trap: hosts that start together do not all ask in the same moment", () => {
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

test("the death of the present birth makes every metric stale, by the host's clock", () => {
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

test("trap: the late death of an earlier birth is ignored", () => {
  const node = born();
  expect(node.nodeDeath(6)).toEqual([]);
  expect(values(node.data(3, 1, 231))).toHaveLength(1);
});

test("trap: the same death heard twice counts once", () => {
  const node = born();
  expect(node.nodeDeath()).not.toEqual([]);
  expect(node.nodeDeath()).toEqual([]);
});

test("the death of one device leaves the others alone and uses the payload's time", () => {
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

test("the first birth ever heard ends a gap whose beginning only the edge's disk knows", () => {
  const node = new Node();
  node.nodeBirth();
  const [gap] = events(node.deviceBirth("press-1", 1, 1));
  expect(gap).toMatchObject({ kind: "gap", device: "press-1", to: t0 });
  expect(gap).not.toHaveProperty("from");
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
