import { expect, test } from "vitest";
import { quality } from "../tag.contract.ts";
import { prepareMappings } from "./mapping.ts";
import { type Outcome, readMessage } from "./message.ts";
import { MqttConfig, type MqttConfigInput } from "./mqtt.contract.ts";

type MappingInput = MqttConfigInput["mappings"][number];

const now = 1_764_000_000_000;

function read(
  mapping: MappingInput,
  topic: string,
  payload: string | Uint8Array,
  limits: Partial<MqttConfigInput["limits"]> = {},
): Outcome {
  const config = MqttConfig.parse({ mappings: [mapping], limits });
  const [prepared] = prepareMappings(config.mappings);
  if (prepared === undefined) throw new Error("no mapping");
  return readMessage(prepared, topic, Buffer.from(payload), now, config.limits);
}

const pairs = ({ said }: Outcome) => said.map(({ metric, value }) => [metric, value]);

const oven: MappingInput = { filter: "plant/+/+", payload: "json", values: ["$.v"], name: "{2}/{3}" };
const umh: MappingInput = { filter: "umh/v1/#", payload: "umh" };
const flat = { ...oven, values: ["$.*"], name: "{2}/{key}" };

test("a metric is named after levels of the topic and keys of the payload", () => {
  const heard = read(
    { ...flat, time: { path: "$.ts", unit: "ms" } },
    "plant/oven/x",
    `{"ts":${now},"a":1,"b":"on"}`,
  );
  expect(pairs(heard)).toEqual([
    ["oven/a", 1],
    ["oven/b", "on"],
  ]);
  expect(heard.said[0]).toMatchObject({ time: now, quality: quality.good });
  const deep = { ...oven, values: ["$.zones[*]['set point']"], name: "{2}/{path}" };
  expect(pairs(read(deep, "plant/oven/x", '{"zones":[{"set point":1},{"set point":2}]}'))).toEqual([
    ["oven/zones.0.set point", 1],
    ["oven/zones.1.set point", 2],
  ]);
});

test("each value of a list has the name, time, quality and unit of its own place", () => {
  const list: MappingInput = {
    ...oven,
    values: ["$.values[*].v"],
    key: "$.values[*].id",
    time: { path: "$.values[*].t", unit: "ms" },
    quality: { path: "$.values[*].q" },
    unit: { path: "$.unit" },
    name: "{2}/{key}",
  };
  const payload = `{"unit":"bar","values":[{"id":"p1","v":1,"t":${now},"q":true},{"id":"p2","v":2,"t":${now + 1},"q":false},{"id":"p3","v":3}]}`;
  const { said, problem } = read(list, "plant/press/x", payload);
  expect(problem).toBeNull();
  expect(said.map(({ metric, time, quality, unit }) => [metric, time, quality, unit])).toEqual([
    ["press/p1", now, quality.good, "bar"],
    ["press/p2", now + 1, quality.bad, "bar"],
    ["press/p3", null, quality.good, "bar"],
  ]);
  const nameless = read(list, "plant/press/x", `{"values":[{"v":1},{"id":"p2","v":2}]}`);
  expect(pairs(nameless)).toEqual([["press/p2", 2]]);
  expect(nameless.problem).toBe("a value has no name at $.values[*].id");
});

test("the source's time is read in its unit, and a unit that cannot be right is refused", () => {
  const at = (unit: "s" | "ms" | "us" | "ns" | "iso", time: string) =>
    read({ ...oven, time: { path: "$.t", unit } }, "plant/oven/x", `{"v":1,"t":${time}}`);
  expect(at("s", "1764000000.25").said[0]?.time).toBe(now + 250);
  expect(at("s", "1764000000").said[0]?.time).toBe(now);
  expect(at("ms", '"1764000000000"').said[0]?.time).toBe(now);
  expect(at("us", "1764000000000999").said[0]?.time).toBe(now);
  expect(at("ns", "1764000000000000999").said[0]?.time).toBe(now);
  expect(at("iso", '"2025-11-24T17:00:00+01:00"').said[0]?.time).toBe(now);
  expect(at("iso", '"2025-11-24T16:00:00.5Z"').said[0]?.time).toBe(now + 500);
  expect(at("iso", '"2025-11-24T16:00:00"').problem).toContain("with its offset");
  expect(at("ms", "1764000000")).toEqual({ said: [], problem: expect.stringContaining("really ms") });
  expect(at("s", "1764000000000").problem).toContain("really s");
  expect(at("ms", '"soon"').problem).toContain("no time in ms");
  expect(at("ms", "{}").problem).toContain("no time in ms");
  expect(at("ms", "null").said[0]?.time).toBeNull();
});

test("quality comes as a word, a flag or a code, and what nobody knows is uncertain", () => {
  const said = (q: string, codes: "opc-da" | "opc-ua" = "opc-da") =>
    read({ ...oven, quality: { path: "$.q", codes } }, "plant/oven/x", `{"v":1,"q":${q}}`).said[0]?.quality;
  expect(['"Good"', "true", "192", "216"].map((q) => said(q))).toEqual([0, 0, 0, 0]);
  expect(['"uncertain"', "64", '"no idea"', "[]"].map((q) => said(q))).toEqual([1, 1, 1, 1]);
  expect(['"BAD"', "false", "0", "24"].map((q) => said(q))).toEqual([2, 2, 2, 2]);
  expect(said('"stale"')).toBe(quality.stale);
  expect([0, 0x40000000, 0x80340000].map((q) => said(String(q), "opc-ua"))).toEqual([0, 1, 2]);
});

test("texts and numbers need no JSON", () => {
  const number: MappingInput = { filter: "plant/+/+", payload: "number", name: "{2}/{3}" };
  expect(pairs(read(number, "plant/oven/t", " -12.5e1\n"))).toEqual([["oven/t", -125]]);
  expect(pairs(read(number, "plant/oven/t", "9007199254740993"))).toEqual([
    ["oven/t", 9_007_199_254_740_993n],
  ]);
  expect(pairs(read(number, "plant/oven/t", ""))).toEqual([["oven/t", null]]);
  for (const nonsense of ["1,5", "0x10", "NaN", "1 2", "1e999", "1".repeat(100_000) + "x"]) {
    expect(read(number, "plant/oven/t", nonsense)).toEqual({
      said: [],
      problem: expect.stringMatching(/number/),
    });
  }
  const text: MappingInput = { filter: "plant/+/+", payload: "text" };
  expect(pairs(read(text, "plant/oven/fault", "läuft"))).toEqual([["plant/oven/fault", "läuft"]]);
  expect(pairs(read(text, "plant/oven/fault", ""))).toEqual([["plant/oven/fault", ""]]);
  expect(read(text, "plant/oven/fault", Buffer.from([0xff, 0xfe])).problem).toBe("it is no UTF-8 text");
});

test("the Hub's groups mean the same in the topic, in the payload, and half in each", () => {
  const pos = '{"x":12.5,"y":{"deep":true}}';
  const whole = [
    read(
      umh,
      "umh/v1/acme/cologne/cnc/_historian/head/pos",
      `{"timestamp_ms":${now},"x":12.5,"y":{"deep":true}}`,
    ),
    read(umh, "umh/v1/acme/cologne/cnc/_historian/head", `{"timestamp_ms":${now},"pos":${pos}}`),
    read(umh, "umh/v1/acme/cologne/cnc/_historian", `{"timestamp_ms":${now},"head":{"pos":${pos}}}`),
  ];
  for (const heard of whole) {
    expect(heard.problem).toBeNull();
    expect(pairs(heard)).toEqual([
      ["acme.cologne.cnc/_historian/head.pos.x", 12.5],
      ["acme.cologne.cnc/_historian/head.pos.y.deep", true],
    ]);
    expect(heard.said[0]?.time).toBe(now);
  }
});

test("the Hub's Core says one value a topic, in _raw and in the contract of a data model", () => {
  const payload = `{"timestamp_ms":${now},"value":"running"}`;
  expect(pairs(read(umh, "umh/v1/acme/chicago/line1/filler/_raw/motor/state", payload))).toEqual([
    ["acme.chicago.line1.filler/_raw/motor.state", "running"],
  ]);
  expect(pairs(read(umh, "umh/v1/acme/_pump_v1/speed", `{"value":3,"timestamp_ms":${now}}`))).toEqual([
    ["acme/_pump_v1/speed", 3],
  ]);
  expect(pairs(read(umh, "umh/v1/acme/_historian", `{"value":3,"timestamp_ms":${now}}`))).toEqual([
    ["acme/_historian/value", 3],
  ]);
});

test("what the Hub says that is no reading is refused with a reason", () => {
  const problem = (topic: string, payload: string) => read(umh, topic, payload).problem;
  expect(problem("umh/v1/acme/_historian/t", '{"temperature":1}')).toContain("timestamp_ms is missing");
  expect(problem("umh/v1/acme/_historian/t", `{"timestamp_ms":${now}}`)).toContain("no value beside");
  // The Hub's own example has seconds there.
  expect(problem("umh/v1/acme/_historian/t", '{"timestamp_ms":1702286893,"t":1}')).toContain("really ms");
  expect(problem("umh/v1/acme/_work_order_v1/x", `{"timestamp_ms":${now},"id":1,"value":2}`)).toContain(
    "nothing else",
  );
  expect(problem("umh/v1/acme/t", `{"timestamp_ms":${now},"t":1}`)).toContain("_<contract>");
  expect(problem("umh/v1/_historian/t", `{"timestamp_ms":${now},"t":1}`)).toContain("_<contract>");
  expect(problem("umh/v1/acme/_historian", "[]")).toContain("no JSON object");
  const list = read(umh, "umh/v1/acme/_historian", `{"timestamp_ms":${now},"list":[1],"t":1}`);
  expect(pairs(list)).toEqual([["acme/_historian/t", 1]]);
  expect(list.problem).toContain("list is an object or a list");
});

test("one value that cannot be read does not cost the others", () => {
  const heard = read(flat, "plant/oven/x", '{"a":1,"b":{"c":2},"d":1e999,"e":3}');
  expect(pairs(heard)).toEqual([
    ["oven/a", 1],
    ["oven/e", 3],
  ]);
  expect(heard.problem).toBe("b is an object or a list, not a value");
  expect(read(oven, "plant/oven/x", '{"w":1}').problem).toBe("there is no value at $.v");
});

test("too long, too deep and too many are refused as a whole, each with its reason", () => {
  expect(read(flat, "plant/oven/x", '{"a":"0123456789"}', { payloadBytes: 17 })).toEqual({
    said: [],
    problem: "it has 18 bytes; 17 are allowed",
  });
  expect(read(flat, "plant/oven/x", '{"a":"0123456789"}', { payloadBytes: 18 }).problem).toBeNull();
  const deep = (levels: number) => `{"v":1,"w":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  expect(read(oven, "plant/oven/x", deep(5), { depth: 4 }).problem).toBe("it is nested deeper than 4");
  expect(read(oven, "plant/oven/x", deep(4), { depth: 4 }).problem).toBeNull();
  expect(read(oven, "plant/oven/x", '{"v":"[[[[[[\\"[[","w":[[]]}', { depth: 3 }).problem).toBeNull();
  // Beside each other is not in each other, and a quote that is written in a text does not end it.
  expect(read(oven, "plant/oven/x", '{"v":1,"w":[[],[],[],[],{},{}]}', { depth: 3 }).problem).toBeNull();
  expect(read(oven, "plant/oven/x", '{"v":"\\"[[[[[["}', { depth: 2 }).problem).toBeNull();
  // Nobody spends our stack, whichever parser would have been taken.
  expect(read(oven, "plant/oven/x", `[1234567890123456789${"[".repeat(100_000)}`).problem).toContain(
    "nested",
  );
  const many = (n: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i])));
  expect(read(flat, "plant/oven/x", many(3), { values: 2 })).toEqual({
    said: [],
    problem: "$.* finds more than 2 values",
  });
  expect(read(flat, "plant/oven/x", many(2), { values: 2 }).said).toHaveLength(2);
  const twice = { ...oven, values: ["$.k0", "$.k1", "$.k2"], name: "{2}/{key}" };
  expect(read(twice, "plant/oven/x", many(3), { values: 2 }).problem).toBe("it has more than 2 values");
  const stamped = `{"timestamp_ms":${now},"a":{"b":1,"c":2},"d":3}`;
  expect(read(umh, "umh/v1/acme/_historian", stamped, { values: 2 })).toEqual({
    said: [],
    problem: "it has more than 2 values",
  });
  expect(read({ ...flat, name: "{key}" }, "plant/oven/x", `{"${"n".repeat(513)}":1,"m":1}`)).toMatchObject({
    said: [{ metric: "m" }],
    problem: expect.stringContaining("512"),
  });
});

test("a message that was cut, is no JSON or names a prototype does no harm", () => {
  for (const payload of ["", "{", '{"v":1', "undefined", '{"v":01}', '{"v":12345678901234567', "\u0000"]) {
    expect(read(oven, "plant/oven/x", payload)).toEqual({ said: [], problem: "it is no JSON" });
  }
  expect(pairs(read(flat, "plant/oven/x", '{"__proto__":{"v":1},"a":1}'))).toEqual([["oven/a", 1]]);
  const inherited = { ...oven, values: ["$.constructor", "$['toString']", "$.__proto__"] };
  expect(read(inherited, "plant/oven/x", "{}").problem).toContain("there is no value");
});
