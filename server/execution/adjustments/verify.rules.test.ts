import { expect, test } from "vitest";
import { judge, judgeEcho, judgeProcess, type VerdictInput } from "./verify.rules.ts";

const echo = { now: 1500, sentAt: 1000, t1Ms: 1000, newValue: 222, tolerance: 0.5, readings: [] };

test("the echo is the machine's own word for the new value, within t1", () => {
  expect(judgeEcho(echo)).toBe("wait");
  expect(
    judgeEcho({
      ...echo,
      readings: [
        { at: 1200, value: 230 },
        { at: 1400, value: 222.3 },
      ],
    }),
  ).toEqual({
    at: 1400,
    value: 222.3,
  });
  expect(judgeEcho({ ...echo, now: 2001 })).toBe("missing");
});

test("the process follows, does not yet, or goes the wrong way", () => {
  const p = { before: 240, setpointChange: -8, slope: 1, noise: 1 };
  expect(judgeProcess({ ...p, now: 236 })).toBe("right");
  expect(judgeProcess({ ...p, now: 239.5 })).toBe("not_yet");
  expect(judgeProcess({ ...p, now: 243 })).toBe("wrong");
  expect(judgeProcess({ ...p, slope: -1, now: 243 })).toBe("right");
});

const base: VerdictInput = {
  now: 1000,
  effectiveAt: 0,
  t2Ms: 500,
  t3Ms: 2000,
  interrupted: null,
  process: "right",
  kpi: { says: "not_yet" },
  guards: [],
  measured: true,
};

test.each([
  ["goes on measuring", {}, null],
  ["helped", { kpi: { says: "better" } }, ["helped", "kpi_better"]],
  ["waits until the process had its time", { now: 400, kpi: { says: "better" } }, null],
  [
    "does not call it help when the process did not follow",
    { kpi: { says: "better" }, process: "not_yet" },
    null,
  ],
  ["worse is not waited for", { now: 400, kpi: { says: "worse" } }, ["did_not_help", "kpi_worse"]],
  ["no better is no help", { kpi: { says: "not_better" } }, ["did_not_help", "kpi_not_better"]],
  [
    "a guard KPI that got worse outweighs",
    { kpi: { says: "better" }, guards: [{ says: "worse" }] },
    ["did_not_help", "guard_kpi_worse"],
  ],
  ["the process went the wrong way", { process: "wrong" }, ["did_not_help", "process_moved_wrong"]],
  [
    "a changeover in the middle",
    { interrupted: "context_changed", kpi: { says: "better" } },
    ["cannot_tell", "context_changed"],
  ],
  ["the operator moved it", { interrupted: "operator_moved" }, ["cannot_tell", "operator_moved"]],
  ["time is over without proof", { now: 2000 }, ["cannot_tell", "not_enough_data"]],
  [
    "time is over and nothing followed",
    { now: 2000, process: "not_yet" },
    ["cannot_tell", "process_did_not_follow"],
  ],
  [
    "nothing to measure it by",
    { measured: false, kpi: null, process: null },
    ["cannot_tell", "not_measured"],
  ],
] as const)("%s", (_name, part, verdict) => {
  const answer = judge({ ...base, ...part });
  expect(answer === null ? null : [answer.state, answer.reason]).toEqual(verdict);
});
