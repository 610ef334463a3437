import { expect, test } from "vitest";
import { quality } from "../tag.contract.ts";
import { ReplayConfig, type ReplayConfigInput } from "./replay.contract.ts";
import { rowReader, readTime } from "./row.rules.ts";

const config = (extra: Partial<ReplayConfigInput> = {}) => ReplayConfig.parse({ file: "a.csv", ...extra });

function reading(head: string, row: string, extra: Partial<ReplayConfigInput> = {}) {
  const read = rowReader(head.split(";"), config(extra));
  return typeof read === "string" ? read : read(row.split(";"));
}
const at = Date.UTC(2026, 10, 22, 6);

test("a row is one reading with its time, quality and unit", () => {
  const head = "unit;time;quality;value;metric";
  expect(reading(head, "°C;2026-11-22T06:00:00Z;uncertain;-2.5e1;press-1/Melt")).toEqual({
    at,
    readings: [{ metric: "press-1/Melt", value: -25, quality: quality.uncertain, unit: "°C" }],
  });
  expect(reading("time;metric;value", "2026-11-22T06:00:00Z;m;7")).toEqual({
    at,
    readings: [{ metric: "m", value: 7, quality: quality.good }],
  });
});

test("a wide row is one moment: each column a metric, an empty cell says nothing, a label is no metric", () => {
  const layout: ReplayConfigInput["layout"] = {
    kind: "wide",
    time: "t",
    units: { a: "bar" },
    without: ["anomaly"],
  };
  expect(reading("t;a;b;c;anomaly", "2026-11-22T06:00:00Z;1;;true;1", { layout })).toEqual({
    at,
    readings: [
      { metric: "a", value: 1, quality: quality.good, unit: "bar" },
      { metric: "c", value: true, quality: quality.good },
    ],
  });
});

test.each([
  ["0", 0],
  ["", null],
  ["NaN", null],
  ["9007199254740993", 9_007_199_254_740_993n],
  ["007", 7],
  ["1e3", 1000],
  ["True", true],
  ["läuft", "läuft"],
  ["1,5", "1,5"],
] as const)('the cell "%s" is read as it is meant', (cell, value) => {
  expect(reading("time;metric;value", `2026-11-22T06:00:00Z;m;${cell}`)).toMatchObject({
    readings: [{ value }],
  });
});

test("a decimal comma and a text that looks like a number are read as they were meant", () => {
  const extra: Partial<ReplayConfigInput> = { delimiter: ";", decimal: ",", texts: ["lot"] };
  const read = (metric: string, cell: string) =>
    reading("time;metric;value", `2026-11-22T06:00:00Z;${metric};${cell}`, extra);
  expect(read("m", "1,5")).toMatchObject({ readings: [{ value: 1.5 }] });
  expect(read("lot", "0042")).toMatchObject({ readings: [{ value: "0042" }] });
});

test.each([
  ["time;metric;value", "2026-11-22T06:00:00Z;m", "the row has 2 values under 3 columns"],
  ["time;metric;value", "yesterday;m;1", "yesterday is no time"],
  ["time;metric;value", ";m;1", "nothing is no time"],
  ["time;metric;value", "2026-11-22T06:00:00Z;;1", "a metric has no name"],
  [
    "time;metric;value",
    `2026-11-22T06:00:00Z;m;${"x".repeat(4097)}`,
    "the value has more than 4096 characters",
  ],
  [
    "time;metric;value;quality",
    "2026-11-22T06:00:00Z;m;1;so so",
    "so so is no quality: good, uncertain, bad or stale",
  ],
  [
    "time;metric;value",
    `2026-11-22T06:00:00Z;${"m".repeat(257)};1`,
    "a metric's name has more than 256 characters",
  ],
  ["time;metric;value", "2026-11-22T06:00:00Z;m\u0007;1", "a metric's name has control characters"],
  ["time;value", "2026-11-22T06:00:00Z;1", "the first line names no column metric"],
  ["time;metric;value;value", "2026-11-22T06:00:00Z;m;1;2", "the first line names the column value twice"],
])("under %j the row %j is refused: %s", (head, row, why) => {
  expect(reading(head, row)).toBe(why);
});

test("a wide recording with a column without a name is refused as a whole, a cell that is too long with its column", () => {
  const layout: ReplayConfigInput["layout"] = { kind: "wide", time: "t" };
  expect(reading("t;a;", "2026-11-22T06:00:00Z;1;2", { layout })).toBe(
    "the first line: a metric has no name",
  );
  expect(reading("t;a;b", `2026-11-22T06:00:00Z;1;${"x".repeat(4097)}`, { layout })).toBe(
    "the value of b has more than 4096 characters",
  );
});

test("local times are UTC at the edge only if somebody says which clock it was", () => {
  const berlin = { time: "iso", zone: "Europe/Berlin" } as const;
  expect(readTime("2026-11-22 07:00:00", { time: "iso", zone: undefined })).toMatch(/has no time zone/);
  expect(readTime("2026-11-22 07:00:00", berlin)).toBe(at);
  expect(readTime("2026-11-22T07:00:00+01:00", { time: "iso", zone: undefined })).toBe(at);
  // The hour that is skipped in spring, and the one that comes twice in autumn.
  expect(readTime("2026-03-29 02:30:00", berlin)).toBe(Date.UTC(2026, 2, 29, 1, 30));
  expect(readTime("2026-10-25 02:30:00", berlin)).toBe(Date.UTC(2026, 9, 25, 0, 30));
  expect(readTime("1764000000.5", { time: "s", zone: undefined })).toBe(1_764_000_000_500);
  expect(readTime("1764000000500", { time: "ms", zone: undefined })).toBe(1_764_000_000_500);
  expect(readTime("soon", { time: "ms", zone: undefined })).toBe("soon is no time in ms");
});

test.each([
  [{ file: "../secrets.csv" }, /below the edge's folder/],
  [{ file: "/etc/passwd.csv" }, /below the edge's folder/],
  [{ file: "a/../../b.csv" }, /below the edge's folder/],
  [{ file: "a/./b.csv" }, /below the edge's folder/],
  [{ file: "a\\b.csv" }, /below the edge's folder/],
  [{ file: ".hidden.csv" }, /below the edge's folder/],
  [{ file: "a\u0000.csv" }, /below the edge's folder/],
  [{ file: "a.txt" }, /below the edge's folder/],
  [{ file: "a.csv", path: "b" }, /path/],
  [{ file: "a.csv", speed: -1 }, /speed/],
  [{ file: "a.csv", speed: "max" }, /has no present/],
  [{ file: "a.csv", speed: 0 }, /has no present/],
  [{ file: "a.csv", times: "kept", loops: 2 }, /the same again/],
  [{ file: "a.csv", zone: "Mars/Base" }, /no time zone/],
  [{ file: "a.csv", decimal: "," }, /are the same/],
])("the config %j is refused", (input, why) => {
  const parsed = ReplayConfig.safeParse(input);
  expect(parsed.success).toBe(false);
  expect(parsed.error?.message).toMatch(why);
});

test("a recording in a folder of its own is allowed", () => {
  expect(config({ file: "line 1/2026-11-22 press.csv" }).file).toBe("line 1/2026-11-22 press.csv");
});
