import { expect, test } from "vitest";
import type { AdjustmentSummary } from "#server/execution/adjustments/adjustments.contract.ts";
import type { AlarmCard } from "#server/execution/alarms/alarms.contract.ts";
import type { StopView } from "#server/execution/machine-state/machine-state.contract.ts";
import type { RunningJob } from "#server/execution/orders/orders.contract.ts";
import { freePosition, newestCards, nextAction, stopsWithoutReason } from "./next-action.rules.ts";

const alarm = (id: string, over: Partial<AlarmCard> = {}) =>
  ({
    id,
    version: 1,
    priority: 2,
    state: "unack",
    active: true,
    since: 100,
    run: null,
    instruction: null,
    ...over,
  }) as AlarmCard;
const stop = (id: string, explained: boolean) =>
  ({
    id,
    start: 1,
    end: 2,
    parts: [{ start: 1, end: 2, reason: explained ? { id: 1 } : null }],
  }) as unknown as StopView;
const job = { jobId: "j", state: "ready" } as RunningJob;
const machine = {
  state: { start: 0, end: null, word: "running" as const, fault: null },
  stop: null,
  stops: [],
  jobs: [job],
  nextJob: null,
  positions: 1,
};

test("an alarm that nobody took comes before everything, the most urgent and longest one first", () => {
  const next = nextAction(
    { ...machine, stops: [stop("s", false)] },
    [alarm("late", { since: 200 }), alarm("early", { since: 100 }), alarm("low", { priority: 3, since: 1 })],
    [],
  );
  expect(next).toMatchObject({ kind: "take", alarm: { id: "early" } });
});

test("one that went away untaken still asks to be taken", () => {
  expect(nextAction(machine, [alarm("a", { state: "rtn_unack", active: false })], [])).toMatchObject({
    kind: "take",
  });
});

test("whoever took an alarm is led into its instruction, and back into one that is under way", () => {
  const instruction = { code: "cooling", title: { en: "x" }, steps: 4 };
  expect(nextAction(machine, [alarm("a", { state: "ack", instruction })], [])).toMatchObject({
    kind: "follow",
  });
  const run = { id: "r", state: "running" as const, step: 2, steps: 4 };
  expect(nextAction(machine, [alarm("a", { state: "ack", instruction, run })], [])).toMatchObject({
    kind: "continue",
    runId: "r",
  });
  const done = { ...run, state: "done" as const };
  expect(nextAction(machine, [alarm("a", { state: "ack", instruction, run: done })], [])).toEqual({
    kind: "nothing",
  });
});

test("a shelved alarm asks for nothing", () => {
  expect(nextAction(machine, [alarm("a", { state: "shelved" })], [])).toEqual({ kind: "nothing" });
});

test("a change that waits for a badge at the machine asks for it", () => {
  const adjustment = { id: "x", state: "announced", needsBadge: true } as AdjustmentSummary;
  expect(nextAction(machine, [], [adjustment])).toMatchObject({ kind: "confirm" });
});

test("the stop that still lasts is asked for before older ones", () => {
  const open = { ...stop("now", false), end: null } as StopView;
  const at = { ...machine, stop: open, stops: [open, stop("old", false), stop("told", true)] };
  expect(stopsWithoutReason(at).map((s) => s.id)).toEqual(["now", "old"]);
  expect(nextAction(at, [], [])).toMatchObject({ kind: "explain", stop: { id: "now" } });
});

test("a machine without a job offers the next one that is ready, and otherwise needs nobody", () => {
  expect(nextAction({ ...machine, jobs: [], nextJob: job }, [], [])).toMatchObject({ kind: "start" });
  expect(nextAction({ ...machine, jobs: [], nextJob: { ...job, state: "waiting" } }, [], [])).toEqual({
    kind: "nothing",
  });
  expect(nextAction(machine, [], [])).toEqual({ kind: "nothing" });
});

test("a pushed card is shown before the list knows it, and an old push never covers a newer list", () => {
  const pushed = new Map([
    ["a", alarm("a", { version: 3, state: "ack" })],
    ["b", alarm("b")],
    ["gone", alarm("gone", { version: 9, state: "normal" })],
  ]);
  const cards = newestCards([alarm("a", { version: 4 }), alarm("gone", { version: 8 })], pushed);
  expect(cards.map((c) => [c.id, c.version])).toEqual([
    ["a", 4],
    ["b", 1],
  ]);
});

test("the next job begins where nothing runs, also when the first position is taken", () => {
  const at = (...positions: number[]): RunningJob[] => positions.map((position) => ({ ...job, position }));
  expect(freePosition({ positions: 1, jobs: [] })).toBe(1);
  expect(freePosition({ positions: 4, jobs: at(1) })).toBe(2);
  expect(freePosition({ positions: 4, jobs: at(1, 2, 4) })).toBe(3);
  expect(freePosition({ positions: 2, jobs: at(1, 2) })).toBeNull();
});
