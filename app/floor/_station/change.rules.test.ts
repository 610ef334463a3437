import { expect, test } from "vitest";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import { changesOnStation } from "./change.rules.ts";

const change = (id: string, state: AdjustmentSummary["state"], createdAt = 0) =>
  ({ id, state, createdAt }) as AdjustmentSummary;
const kinds = (list: readonly AdjustmentSummary[], now = 0, dismissed: string[] = []) =>
  changesOnStation(list, now, dismissed).map((one) => `${one.kind} ${one.adjustment.id}`);

test("what is about to happen stands above what happens and what happened", () => {
  expect(kinds([change("c", "helped"), change("b", "verifying"), change("a", "announced")])).toEqual([
    "announced a",
    "under_way b",
  ]);
});

test("a held or unknown change waits in sight, a proposal is the office's", () => {
  expect(
    kinds([change("p", "proposed"), change("r", "rejected"), change("h", "held"), change("u", "unknown")]),
  ).toEqual(["waits h", "waits u"]);
});

test("a verdict goes when somebody has seen it, and by itself after two hours", () => {
  expect(kinds([change("v", "did_not_help")])).toEqual(["result v"]);
  expect(kinds([change("v", "did_not_help")], 0, ["v"])).toEqual([]);
  expect(kinds([change("v", "cannot_tell")], 7_200_001)).toEqual([]);
});

test("a change that waits for its announcement can be seen coming, dismissed or not", () => {
  expect(kinds([change("a", "announced")], 9e9, ["a"])).toEqual(["announced a"]);
});
