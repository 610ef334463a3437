import { expect, test } from "vitest";
import { Refusal } from "#server/core/refusal.contract.ts";
import { type KnownAround, type KnownTag, planTags, type TagValues } from "./tags.rules.ts";

const known = (metric: string, more: Partial<KnownTag> = {}): [string, KnownTag] => [
  metric,
  {
    id: 1,
    templateRowId: null,
    sourceId: 1,
    machineId: 1,
    metric,
    name: metric,
    meaning: "measurement",
    datatype: "number",
    unit: null,
    decimals: 1,
    scale: 1,
    shift: 0,
    deadband: 0,
    maxSilenceMs: 60_000,
    expectedMs: 1000,
    aggregateMs: null,
    low: null,
    high: null,
    normalLow: null,
    normalHigh: null,
    modulus: null,
    words: null,
    enabled: true,
    overrides: [],
    ...more,
  },
];
const around = (tags: [string, KnownTag][] = [], others: KnownAround["others"] = []): KnownAround => ({
  machine: (text) => {
    if (!/^m\d$/.test(text)) throw new Refusal("name_unknown", { value: text }, "machine");
    return Number(text.slice(1));
  },
  machineCode: (id) => `m${id}`,
  tags: new Map(tags),
  said: new Map(),
  others,
});
const plan = (rows: TagValues[], where = around()) => {
  const { changes, same, problems } = planTags(
    rows.map((values, i) => ({ line: i + 2, values })),
    where,
    1,
  );
  return {
    changes: changes.map(({ after, given }) => [after.metric, ...given]),
    same,
    problems: problems.map(({ line, column, code }) => [line, column, code]),
  };
};
const state = { name: "S", meaning: "state", datatype: "text", machine: "m1" };

test("only what differs is changed; nothing of it is nothing", () => {
  const where = around([known("a", { low: 1, words: { "1": "x", "2": "y" } })]);
  expect(
    plan([{ metric: "a", machine: "m1", low: 1, name: null, words: { "2": "y", "1": "x" } }], where),
  ).toEqual({
    changes: [],
    same: 1,
    problems: [],
  });
  expect(plan([{ metric: "a", machine: "m1", low: null, high: 3, name: null }], where).changes).toEqual([
    ["a", "low", "high"],
  ]);
});

test("a tag stays at its machine and of its datatype", () => {
  const where = around([known("a")]);
  expect(plan([{ metric: "a", machine: "m2" }], where).problems).toEqual([[2, "machine", "not_changeable"]]);
  expect(plan([{ metric: "a", machine: "m1", datatype: "text" }], where).problems).toEqual([
    [2, "datatype", "not_changeable"],
  ]);
});

test("two states swap within one file, whichever comes first", () => {
  const where = around([known("old", { meaning: "state", datatype: "text" })]);
  const on = { ...state, metric: "new" };
  const off = { metric: "old", machine: "m1", enabled: false };
  expect(plan([on, off], where).problems).toEqual([]);
  expect(plan([off, on], where).problems).toEqual([]);
  expect(plan([on], where).problems).toEqual([[2, "meaning", "meaning_taken"]]);
});

test("a row that is taken out takes with it what rested on it", () => {
  const where = around([
    known("a", { meaning: "state", datatype: "text" }),
    known("b", { meaning: "fault", datatype: "text" }),
  ]);
  // b becomes the state because a becomes the fault; c, a second fault, stops a, and so b.
  const file = [
    { metric: "a", machine: "m1", meaning: "fault" },
    { metric: "b", machine: "m1", meaning: "state" },
    { ...state, metric: "c", meaning: "fault" },
  ];
  expect(plan(file.slice(0, 2), where).problems).toEqual([]);
  const all = plan(file, where);
  expect(all.changes).toEqual([]);
  expect(all.problems.map(([line]) => line).toSorted()).toEqual([2, 3, 4]);
});

test("what another source says of the machine counts; what people say has a sentence of its own", () => {
  const others = [
    { machineId: 1, meaning: "state", name: "Other", driver: "mqtt" },
    { machineId: 2, meaning: "state", name: "Hand", driver: "manual" },
    { machineId: 3, meaning: "measurement", name: "T", driver: "mqtt" },
  ];
  expect(
    plan(
      [
        { ...state, metric: "a" },
        { ...state, metric: "b", machine: "m2" },
        { ...state, metric: "c", machine: "m3", meaning: "measurement" },
        { ...state, metric: "d", enabled: false },
      ],
      around([], others),
    ).problems,
  ).toEqual([
    [2, "meaning", "meaning_taken"],
    [3, "machine", "is_manual"],
  ]);
});
