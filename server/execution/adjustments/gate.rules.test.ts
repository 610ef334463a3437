import { expect, test } from "vitest";
import { type GateInput, type GateSignal, whyNotSend } from "./gate.rules.ts";

const now = 1_000_000;
const signal = (name: string, value: number | string): GateSignal => ({
  name,
  value,
  at: now - 1000,
  quality: 0,
  freshMs: 5000,
});
const open: GateInput = {
  now,
  notAfter: now + 60_000,
  approvals: { valid: 1, needed: 1 },
  machine: {
    automationOff: false,
    maintenanceLock: null,
    guard: signal("Guard open", 0),
    remote: signal("Remote mode", 1),
  },
  suspended: false,
  stationsOnline: 1,
  edgeOnline: true,
  badge: { needed: false, given: false },
  permissives: [{ signal: signal("State", "running"), name: "State", op: "=", value: "running" }],
  inputs: [signal("Melt temperature", 238)],
  otherAlarm: null,
  otherOutstanding: false,
  target: {
    value: 222,
    expected: 230,
    current: signal("Melt set-point", 230),
    min: 200,
    max: 260,
    maxStep: 8,
    tolerance: 0.5,
    minIntervalMs: 60_000,
    lastSentAt: null,
    unit: "°C",
  },
};
const { machine, target } = open;

test("with everything in order the gate is open", () => {
  expect(whyNotSend(open)).toBeNull();
});

const refusals: [string, string, Partial<GateInput>][] = [
  ["it has expired", "expired", { notAfter: now }],
  ["its approver may no longer decide", "not_allowed", { approvals: { valid: 0, needed: 1 } }],
  ["the second person is missing", "second_person_needed", { approvals: { valid: 1, needed: 2 } }],
  ["automation was turned off", "automation_off", { machine: { ...machine, automationOff: true } }],
  ["somebody moved the set-point by hand", "automation_suspended", { suspended: true }],
  ["a badge at the machine is missing", "badge_needed", { badge: { needed: true, given: false } }],
  [
    "the machine is locked for maintenance",
    "maintenance_lock",
    { machine: { ...machine, maintenanceLock: "Femi" } },
  ],
  ["the guard is open", "guard_open", { machine: { ...machine, guard: signal("Guard", 1) } }],
  ["the guard was never heard", "input_not_fresh", { machine: { ...machine, guard: null } }],
  [
    "the guard was heard too long ago",
    "input_not_fresh",
    { machine: { ...machine, guard: { ...signal("Guard", 0), at: now - 6000 } } },
  ],
  ["the machine is in local mode", "not_remote", { machine: { ...machine, remote: signal("Remote", 0) } }],
  ["nothing says that it is in remote mode", "not_remote", { machine: { ...machine, remote: null } }],
  [
    "the remote signal is stale",
    "not_remote",
    { machine: { ...machine, remote: { ...signal("Remote", 1), quality: 3 } } },
  ],
  [
    "a permissive is missing",
    "permissive_missing",
    { permissives: [{ signal: signal("State", "setup"), name: "State", op: "=", value: "running" }] },
  ],
  [
    "a permissive is not known",
    "input_not_fresh",
    { permissives: [{ signal: null, name: "State", op: "=", value: "running" }] },
  ],
  ["no station is online to announce it", "no_station_online", { stationsOnline: 0 }],
  ["the edge is away", "edge_away", { edgeOnline: false }],
  ["another alarm stands on the target", "alarm_on_target", { otherAlarm: "reflex" }],
  ["another change is outstanding", "other_change_outstanding", { otherOutstanding: true }],
  ["an input is bad", "input_not_fresh", { inputs: [{ ...signal("Melt", 238), quality: 2 }] }],
  ["an input was never heard", "input_not_fresh", { inputs: [{ name: "Melt", at: null }] }],
  ["the value is above the limit", "out_of_limits", { target: { ...target, value: 261, expected: 258 } }],
  ["the value is no number", "out_of_limits", { target: { ...target, value: Number.NaN } }],
  ["the set-point is not where it was", "setpoint_moved", { target: { ...target, expected: 228 } }],
  ["the set-point was not heard", "input_not_fresh", { target: { ...target, current: null } }],
  ["the step is too large", "step_too_large", { target: { ...target, value: 221 } }],
  ["the last change was too short ago", "rate_too_high", { target: { ...target, lastSentAt: now - 59_000 } }],
];

test.each(refusals)("when %s, it is refused: %s", (_why, code, part) => {
  expect(whyNotSend({ ...open, ...part })?.code).toBe(code);
});

test("a machine without a guard is not asked for one", () => {
  expect(whyNotSend({ ...open, machine: { ...machine, guard: undefined } })).toBeNull();
});

test("an automatic return needs no second approval but everything else", () => {
  expect(whyNotSend({ ...open, approvals: { valid: 0, needed: 0 } })).toBeNull();
  expect(whyNotSend({ ...open, approvals: { valid: 0, needed: 0 }, stationsOnline: 0 })?.code).toBe(
    "no_station_online",
  );
});
