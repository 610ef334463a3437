import { describe, expect, test } from "vitest";
import { quality } from "../tag.contract.ts";
import { brokers, HandNode, has, host, up, valuesOf, wire } from "./checklist-testing.ts";
import { decodePayload, type MetricToSend, PayloadError, payloadLimits } from "./payload.ts";
import { structureLimits } from "./structures.ts";
import { datatypes } from "./values.ts";

/** A metric by hand: name, datatype and a structured value (17 data set, 18 template). */
const metricWith = (name: string, datatype: number, field: number, value: Uint8Array) =>
  wire.bytes(
    2,
    wire.bytes(1, name),
    wire.varint(3, 1_764_000_000),
    wire.varint(4, datatype),
    wire.bytes(field, value),
  );
const number = (name: string, value: number) =>
  wire.bytes(2, wire.bytes(1, name), wire.varint(4, datatypes.Double), wire.double(13, value));
const instance = (ref: string, ...members: Uint8Array[]) =>
  Buffer.concat([...members, wire.bytes(4, ref), wire.varint(5, 0)]);
const definition = (...members: Uint8Array[]) => Buffer.concat([...members, wire.varint(5, 1)]);
const payloadOf = (at: number, seq: number, ...metrics: Uint8Array[]) =>
  Buffer.concat([wire.varint(1, at), ...metrics, wire.varint(3, seq)]);
const dataSet = (columns: string[], types: number[], rows: Uint8Array[][], said = columns.length) =>
  Buffer.concat([
    wire.varint(1, said),
    ...columns.map((c) => wire.bytes(2, c)),
    ...types.map((t) => wire.varint(3, t)),
    ...rows.map((cells) => wire.bytes(4, ...cells.map((c) => wire.bytes(1, c)))),
  ]);

describe.each(brokers)("over %s (Mosquitto is skipped where it is not installed)", (_name, build) => {
  async function begun() {
    const broker = await up(build());
    const { sink } = await host(broker);
    return { sink, node: await (await HandNode.come(broker)).born(sink) };
  }
  type Begun = Awaited<ReturnType<typeof begun>>;

  async function bear({ node, sink }: Begun, metrics: Partial<MetricToSend>[]) {
    await node.say(
      "DBIRTH",
      "m",
      3,
      metrics.map((metric, i) => ({ alias: 10 + i, sayDatatype: true, ...metric })),
    );
    await sink.until(() => has(sink, "birth", "m"));
  }

  test("trap: negative Int8, Int16, Int32 and Int64 arrive as two's complement in unsigned fields and stay negative", async () => {
    const begin = await begun();
    await bear(begin, [
      { name: "a", datatype: datatypes.Int8, value: -128 },
      { name: "b", datatype: datatypes.Int16, value: -32_768 },
      { name: "c", datatype: datatypes.Int32, value: -1 },
      { name: "d", datatype: datatypes.Int64, value: -9_223_372_036_854_775_808n },
    ]);
    const { node, sink } = begin;
    await node.say("DDATA", "m", 4, [
      { alias: 12, datatype: datatypes.Int32, value: -2_147_483_648 },
      { alias: 13, datatype: datatypes.Int64, value: -5 },
    ]);
    await sink.until(() => valuesOf(sink, "m/d").length === 2);
    expect(["a", "b", "c", "d"].map((name) => valuesOf(sink, `m/${name}`))).toEqual([
      [-128],
      [-32_768],
      [-1, -2_147_483_648],
      [-9_223_372_036_854_775_808n, -5],
    ]);
  });

  test("trap: a float of 0.1 in single precision is read as 0.1", async () => {
    const begin = await begun();
    await bear(begin, [{ name: "f", datatype: datatypes.Float, value: 0.1 }]);
    expect(valuesOf(begin.sink, "m/f")).toEqual([0.1]);
  });

  test("is_historical is stored as such, with its own time, and leaves the live value that a death marks", async () => {
    const { node, sink } = await begun();
    await node.say("DDATA", "press-1", 3, [
      { alias: 1, value: 111, isHistorical: true, timestamp: node.now - 60_000 },
    ]);
    await node.nodeDeath();
    await sink.until(() => has(sink, "death", "press-1"));
    expect(sink.stored.find(({ value }) => value === 111)).toMatchObject({
      historical: true,
      sourceTime: node.now - 60_000,
    });
    expect(sink.stored.find((r) => r.metric === "press-1/Melt" && r.quality === quality.stale)?.value).toBe(
      230,
    );
  });

  test("is_null is a reading without a value, neither 0 nor false, in a birth as in data", async () => {
    const begin = await begun();
    await bear(begin, [
      { name: "n", datatype: datatypes.Int32, value: null },
      { name: "flag", datatype: datatypes.Boolean, value: false },
    ]);
    const { node, sink } = begin;
    await node.say("DDATA", "m", 4, [{ alias: 11, datatype: datatypes.Boolean, value: null }]);
    await sink.until(() => valuesOf(sink, "m/flag").length === 2);
    expect(valuesOf(sink, "m/n")).toEqual([null]);
    expect(valuesOf(sink, "m/flag")).toEqual([false, null]);
  });

  test("is_transient is for showing only and is not stored", async () => {
    const { node, sink } = await begun();
    const transient = wire.bytes(2, wire.varint(2, 1), wire.varint(6, 1), wire.double(13, 555));
    await node.raw("DDATA", "press-1", payloadOf(1_764_000_000, 3, transient));
    await node.data("press-1", 4, 1, 231);
    await sink.until(() => valuesOf(sink, "press-1/Melt").includes(231));
    expect(valuesOf(sink, "press-1/Melt")).toEqual([230, 231]);
  });

  test("property Quality: 0 is bad, 192 good, 500 stale, absent good", async () => {
    const { node, sink } = await begun();
    const said = [0, 192, 500, undefined].map((q, i) => ({
      alias: 1,
      value: i,
      timestamp: node.now + i,
      ...(q !== undefined && { quality: q }),
    }));
    await node.say("DDATA", "press-1", 3, said);
    await sink.until(() => valuesOf(sink, "press-1/Melt").length === 5);
    expect(sink.stored.filter((r) => r.metric === "press-1/Melt").map((r) => r.quality)).toEqual([
      quality.good,
      quality.bad,
      quality.good,
      quality.stale,
      quality.good,
    ]);
  });

  test("tck-id-payloads-template-definition-nbirth, -instance-members-birth, -instance-members-data: an instance is read member by member, data may hold a part, the definition is no data", async () => {
    const broker = await up(build());
    const { sink } = await host(broker);
    const node = await HandNode.come(broker);
    const at = 1_764_000_000;
    const pump = definition(number("Speed", 0), number("Current", 0));
    await node.raw("NBIRTH", "", payloadOf(at, 0, metricWith("Pump", datatypes.Template, 18, pump)));
    const inner = metricWith("Motor", datatypes.Template, 18, instance("Pump", number("Current", 2.5)));
    const whole = instance("Pump", number("Speed", 1400), inner);
    await node.raw("DBIRTH", "m", payloadOf(at, 1, metricWith("Pump 1", datatypes.Template, 18, whole)));
    const part = metricWith("Pump 1", datatypes.Template, 18, instance("Pump", number("Speed", 1500)));
    await node.raw("DDATA", "m", payloadOf(at + 1, 2, part));
    await sink.until(() => valuesOf(sink, "m/Pump 1/Speed").length === 2);
    expect(valuesOf(sink, "m/Pump 1/Speed")).toEqual([1400, 1500]);
    expect(valuesOf(sink, "m/Pump 1/Motor/Current")).toEqual([2.5]);
    expect(sink.stored.map(({ metric }) => metric).filter((m) => !m.startsWith("m/Pump 1/"))).toEqual([]);
    expect(has(sink, "unreadable")).toBe(false);
    await node.nodeDeath(0);
    await sink.until(() => valuesOf(sink, "m/Pump 1/Speed").length >= 2);
  });

  test("tck-id-payloads-template-instance-ref, -definition-nbirth-only: an instance of a template that nobody defined, and a definition in a DBIRTH, are told and cost no value", async () => {
    const { node, sink } = await begun();
    const one = metricWith("P", datatypes.Template, 18, instance("Nobody", number("Speed", 7)));
    const two = metricWith("Late", datatypes.Template, 18, definition(number("Speed", 0)));
    await node.raw("DBIRTH", "m", payloadOf(1_764_000_000, 3, one, two));
    await sink.until(() => valuesOf(sink, "m/P/Speed").length === 1);
    expect(sink.events.find(({ kind }) => kind === "unreadable")).toMatchObject({
      reason:
        "P is of the template Nobody, which no NBIRTH defined; the template Late is defined outside the NBIRTH",
    });
  });

  test("tck-id-payloads-dataset-types-def, -column-num-headers: a data set is kept whole as text, negative and 64-bit cells right; one that contradicts itself is told alone", async () => {
    const { node, sink } = await begun();
    const { Int32, String, Double, Int64, UInt64, Float, Boolean } = datatypes;
    const types = [Int32, String, Double, Int64, UInt64, Float, Boolean];
    const empty = new Uint8Array();
    const rows = [
      [
        wire.varint(1, 0xffff_ffff),
        wire.bytes(6, "ok"),
        wire.double(4, 2.5),
        wire.varint(2, 2n ** 64n - 2n),
        wire.varint(2, 2n ** 64n - 2n),
        wire.float(3, 0.1),
        wire.varint(5, 1),
      ],
      [wire.varint(1, 7), empty, wire.double(4, 0), wire.varint(2, 12), empty, empty, empty],
    ];
    const names = ["n", "s", "d", "l", "u", "f", "b"];
    const good = metricWith("Recipe", datatypes.DataSet, 17, dataSet(names, types, rows));
    const liar = metricWith("Bad", datatypes.DataSet, 17, dataSet(["n"], [datatypes.Int32], [], 3));
    await node.raw("DBIRTH", "m", payloadOf(1_764_000_000, 3, good, liar, number("Beside", 1)));
    await sink.until(() => valuesOf(sink, "m/Beside").length === 1);
    expect(valuesOf(sink, "m/Recipe")).toEqual([
      '{"columns":["n","s","d","l","u","f","b"],"rows":[[-1,"ok",2.5,-2,"18446744073709551614",0.1,true],[7,null,0,12,null,null,null]]}',
    ]);
    expect(valuesOf(sink, "m/Bad")).toEqual([]);
    expect(sink.events.find(({ kind }) => kind === "unreadable")).toMatchObject({
      reason: "m/Bad: the data set has not as many columns, names and types as it says",
    });
  });
});

describe("decoding limits", () => {
  const refusedAs = (bytes: Uint8Array) => {
    try {
      decodePayload(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(PayloadError);
      return error instanceof PayloadError ? error.message : "";
    }
    return "taken";
  };
  const template = (depth: number): Uint8Array =>
    metricWith("T", datatypes.Template, 18, depth === 1 ? instance("T") : instance("T", template(depth - 1)));

  test("bytes: a payload larger than the limit is refused before it is looked at", () => {
    expect(refusedAs(new Uint8Array(payloadLimits.bytes + 1))).toMatch(/bytes, at most 262144/);
  });

  test("count: members of templates count as metrics, so that none can hide there", () => {
    const members = Array.from({ length: 6000 }, () => wire.bytes(2));
    const two = ["A", "B"].map((name) => metricWith(name, datatypes.Template, 18, instance("T", ...members)));
    expect(refusedAs(payloadOf(1, 0, ...two))).toMatch(/metrics, at most 10000/);
    expect(refusedAs(payloadOf(1, 0, two[0] ?? new Uint8Array()))).toBe("taken");
  });

  test("depth: templates four deep are read, five deep are refused", () => {
    expect(refusedAs(payloadOf(1, 0, template(structureLimits.depth)))).toBe("taken");
    expect(refusedAs(payloadOf(1, 0, template(structureLimits.depth + 1)))).toMatch(/more than 4 deep/);
  });

  test.each([
    [
      "rows",
      dataSet(
        [],
        [],
        Array.from({ length: 1001 }, () => []),
      ),
      /1001 rows, at most 1000/,
    ],
    ["columns", dataSet(Array(65).fill("c"), Array(65).fill(3), []), /more than 64 columns/],
    [
      "characters",
      dataSet(["s"], [12], [[wire.bytes(6, "x".repeat(5000))]]),
      /characters as text, at most 4096/,
    ],
    ["a column without a type", dataSet(["a", "b"], [3], []), /not as many columns, names and types/],
    ["a ragged row", dataSet(["a", "b"], [3, 3], [[wire.varint(1, 1)]]), /not as many values/],
    [
      "a text in a column of numbers",
      dataSet(["a"], [3], [[wire.bytes(6, "x")]]),
      /another type than its column/,
    ],
    ["rubbish", Buffer.from([0xff, 0xff]), /cannot be read/],
  ])("a data set beyond its limits (%s) is unfit, and the payload around it is read", (_what, bytes, why) => {
    const { metrics } = decodePayload(
      payloadOf(1, 0, metricWith("D", datatypes.DataSet, 17, bytes), number("x", 1)),
    );
    expect(metrics[0]?.raw).toMatchObject({ in: "unfit", why: expect.stringMatching(why) });
    expect(metrics[1]?.raw).toEqual({ in: "double", value: 1 });
  });
});
