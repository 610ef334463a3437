import fc from "fast-check";
import { expect, test } from "vitest";
import { type AlarmCondition, type AlarmMove, moveAlarm, whyNotShelve } from "./alarms.rules.ts";

const fresh: AlarmCondition = { state: "unack", active: true };

function walk(from: AlarmCondition, ...moves: AlarmMove[]): AlarmCondition {
  return moves.reduce((alarm, move) => moveAlarm(alarm, move) ?? alarm, from);
}

test("taken and then gone: normal", () => {
  expect(walk(fresh, "take")).toEqual({ state: "ack", active: true });
  expect(walk(fresh, "take", "clear")).toEqual({ state: "normal", active: false });
});

test("gone before anybody took it: it stays until somebody does (B→D→A)", () => {
  expect(walk(fresh, "clear")).toEqual({ state: "rtn_unack", active: false });
  expect(walk(fresh, "clear", "take")).toEqual({ state: "normal", active: false });
});

test("an alarm that settles is over with its condition, taken or not; a shelved one stays aside", () => {
  expect(walk(fresh, "settle")).toEqual({ state: "normal", active: false });
  expect(walk(fresh, "take", "settle")).toEqual({ state: "normal", active: false });
  expect(walk(fresh, "shelve", "settle")).toEqual({ state: "shelved", active: false });
});

test("gone and back again: it asks anew (D→B)", () => {
  expect(walk(fresh, "clear", "raise")).toEqual({ state: "unack", active: true });
});

test("a shelved alarm goes on being watched, and comes back by what is true then", () => {
  expect(walk(fresh, "shelve", "unshelve")).toEqual({ state: "unack", active: true });
  expect(walk(fresh, "take", "shelve", "unshelve")).toEqual({ state: "unack", active: true });
  expect(walk(fresh, "shelve", "clear", "unshelve")).toEqual({ state: "normal", active: false });
  expect(walk(fresh, "shelve", "clear", "raise", "unshelve")).toEqual({ state: "unack", active: true });
});

test("what is raised already is not raised again, whatever its state", () => {
  for (const state of ["unack", "ack", "shelved"] as const)
    expect(moveAlarm({ state, active: true }, "raise")).toBeNull();
});

test("what is over or put aside already cannot be put aside, nor what guards people", () => {
  const shelve = (alarm: AlarmCondition, blocksChanges = false) =>
    whyNotShelve({ ...alarm, blocksChanges })?.code ?? null;
  expect(shelve(fresh)).toBeNull();
  expect(shelve({ state: "normal", active: false })).toBe("wrong_state");
  expect(shelve({ state: "shelved", active: true }, true)).toBe("wrong_state");
  expect(shelve(fresh, true)).toBe("never_shelved");
});

test("shelving does not acknowledge, and a shelved alarm cannot be taken", () => {
  expect(moveAlarm({ state: "shelved", active: true }, "take")).toBeNull();
});

test("whatever happens, an alarm is over only when its condition is gone", () => {
  const move = fc.constantFrom<AlarmMove>("raise", "clear", "settle", "take", "shelve", "unshelve");
  fc.assert(
    fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
      let alarm = fresh;
      let condition = true;
      for (const m of moves) {
        if (alarm.state === "normal") {
          expect(moveAlarm(alarm, m)).toBeNull();
          continue;
        }
        if (m === "raise") condition = true;
        if (m === "clear" || m === "settle") condition = false;
        alarm = moveAlarm(alarm, m) ?? alarm;
        expect(alarm.active).toBe(condition);
        if (alarm.state === "normal") expect(condition).toBe(false);
        if (alarm.state === "rtn_unack") expect(condition).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
