import { expect, test } from "vitest";
import { brokerUrl, prepareMappings, subscriptionsOf } from "./mapping.ts";
import { MqttConfig, type MqttConfigInput } from "./mqtt.contract.ts";

type MappingInput = MqttConfigInput["mappings"][number];
const text = (filter: string, name?: string): MappingInput => ({
  filter,
  payload: "text",
  ...(name && { name }),
});
const json = (extra: object): MappingInput => ({
  filter: "a/+",
  payload: "json",
  values: ["$.v[*]"],
  ...extra,
});
const prepared = (...mappings: MappingInput[]) => prepareMappings(MqttConfig.parse({ mappings }).mappings);

test("filters whose messages would come twice are refused, and one inside another is not subscribed to", () => {
  expect(() => prepared(text("a/+"), text("+/b"))).toThrow("topics in common with a/+");
  expect(() => prepared(text("a/#"), text("a/b"))).toThrow("a/# stands before it");
  expect(() => prepared(text("a/b"), text("a/b"))).toThrow("a/b stands before it");
  expect(subscriptionsOf(prepared(text("a/b"), text("a/#"), text("c/+")))).toEqual(["a/#", "c/+"]);
});

test("a path that could run more than it finds, and a time that could not be paired, are refused", () => {
  for (const path of ["$..v", "$.v[?(@.a>1)]", "$.v[0:2]", "$['a','b']", "$.v[?match(@.a,'(a+)+')]"]) {
    expect(() => prepared(json({ values: [path] }))).toThrow("only names, indexes and *");
  }
  for (const path of ["v", "$.", "$[", "$.a b", "${v}", "$.constructor()"]) {
    expect(() => prepared(json({ values: [path] }))).toThrow("no JSON path");
  }
  const wide = { time: { path: "$.t[*].x[*]", unit: "ms" } };
  expect(() => prepared(json(wide))).toThrow("$.t[*].x[*] has more * than its values");
  expect(prepared(json({ values: ["$", "$['x y'][-1].*"], time: undefined }))).toHaveLength(1);
});

test("a name of words and levels that no message of it has is refused", () => {
  expect(() => prepared(text("a/+", "{3}"))).toThrow("{3} means nothing here");
  expect(() => prepared(text("a/+", "{0}"))).toThrow("{0} means nothing here");
  expect(() => prepared(text("a/+", "{key}"))).toThrow("{key} means nothing here");
  expect(() => prepared(text("a/+", "{2}/{Key}"))).toThrow("a brace is left over");
  expect(() => prepared({ ...text("a/+"), write: { topic: "{9}/set" } })).toThrow("{9} means nothing");
  expect(prepared(text("a/#", "{7}"))[0]?.name).toBe("{7}");
});

test("a setting that does not exist is no silent nothing, and a login does not stand in a url", () => {
  const typo = { ...text("a"), filtre: "b" };
  expect(() => prepared(typo)).toThrow("filtre");
  expect(brokerUrl("mqtts://broker:8883")).toBe("mqtts://broker:8883");
  expect(() => brokerUrl("http://broker")).toThrow("is no broker");
  expect(() => brokerUrl("broker")).toThrow("is no broker");
  expect(() => brokerUrl("mqtt://me:secret@broker")).toThrow("username and passwordFile");
});
