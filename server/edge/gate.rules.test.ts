import { describe, expect, it } from "vitest";
import type { RefusalCode } from "#server/core/refusal.contract.ts";
import { type GateInput, whyNotActuate } from "./gate.rules.ts";
import { aMachine, aTag, setpointLimits } from "./testing/documents.ts";
import type { Actuation } from "./uplink.contract.ts";

const now = 1_790_000_000_000;

const actuation: Actuation = {
  id: "0b0d5c5e-8d0c-4b67-9b8a-3f8f6a6b7c11",
  counterEpoch: "a",
  counter: 8,
  adjustmentId: null,
  machineId: 2,
  tagId: 12,
  value: 226,
  unit: "°C",
  expected: 230,
  notAfter: now + 30_000,
  ttlMs: 10_000,
  approver: "Dana Novak",
};

const setpoint = aTag({
  id: 12,
  metric: "press-2/MeltSetpoint",
  meaning: "setpoint",
  writable: setpointLimits,
});
const good = (value: number | boolean) => ({ value, quality: 0 });

/** Everything as it should be. */
const open: GateInput = {
  actuation,
  tag: setpoint,
  machine: aMachine(),
  now,
  receivedAt: 100_000,
  mono: 100_050,
  counters: [{ epoch: "a", counter: 7 }],
  connected: true,
  machineHeardAt: 99_900,
  maxSilenceMs: 5000,
  remote: good(true),
  guard: good(false),
  current: good(230),
  blockedBy: [],
  busy: false,
  sinceLastWrite: 3_600_000,
};

const ask = (change: Partial<Actuation>) => ({ actuation: { ...actuation, ...change } });

/** A switch that stands as `current` says; it is expected to be off. */
const switched = (value: boolean, current: boolean): Partial<GateInput> => ({
  ...ask({ value, unit: null, expected: false }),
  tag: aTag({ ...setpoint, datatype: "boolean", unit: null }),
  current: good(current),
});
const worded = (value: string, expected: string, current: string): Partial<GateInput> => ({
  ...ask({ value, unit: null, expected }),
  tag: aTag({ ...setpoint, datatype: "text", unit: null }),
  current: { value: current, quality: 0 },
});

describe("the last gate before a machine", () => {
  it.each<[string, Partial<GateInput>]>([
    ["everything is as it should be", {}],
    ["it is the first actuation at all", { counters: [] }],
    ["a restore began a new epoch of counters", ask({ counterEpoch: "b", counter: 1 })],
    [
      "the set-point is within the tolerance of what was expected",
      { current: good(230.4), ...ask({ value: 226 }) },
    ],
    ["nothing is expected of the set-point", ask({ expected: null })],
    ["the step is the largest allowed", ask({ value: 225 })],
    ["the tag was never written", { sinceLastWrite: null }],
    ["the machine has no guard", { machine: aMachine({ guardTagId: null }), guard: null }],
    ["it is asked at the last millisecond", { now: now + 30_000 }],
    ["the value is a switch, which has no limits and no step", switched(true, false)],
    ["the value is a word, which has no limits and no step", worded("B", "A", "A")],
  ])("opens when %s", (_what, change) => {
    expect(whyNotActuate({ ...open, ...change })).toBeNull();
  });

  it.each<[string, RefusalCode, Partial<GateInput>]>([
    ["the tag is unknown", "not_found", { tag: null }],
    ["the machine is unknown", "not_found", { machine: null }],
    ["the tag belongs to another machine", "not_found", ask({ machineId: 3 })],
    ["it is past its time", "expired", { now: now + 30_001 }],
    [
      "it lay here too long, whatever the wall clock says",
      "expired",
      { mono: 110_001, now: now - 1e9, machineHeardAt: 110_000 },
    ],
    ["its counter was used", "conflict", ask({ counter: 7 })],
    ["its counter is older", "conflict", ask({ counter: 3 })],
    [
      "its epoch was ended by a restore",
      "conflict",
      {
        counters: [
          { epoch: "a", counter: 7 },
          { epoch: "b", counter: 1 },
        ],
      },
    ],
    ["automation is off", "automation_off", { machine: aMachine({ automationOff: true }) }],
    [
      "maintenance has locked the machine",
      "maintenance_lock",
      { machine: aMachine({ maintenanceLock: true }) },
    ],
    ["the link to the machine is down", "input_not_fresh", { connected: false }],
    ["the machine has been silent", "input_not_fresh", { machineHeardAt: 95_000 }],
    ["the machine has not been heard since the start", "input_not_fresh", { machineHeardAt: null }],
    ["the guard is open", "guard_open", { guard: good(true) }],
    ["a PLC says 1 for an open guard", "guard_open", { guard: good(1) }],
    ["nothing is known of the guard", "permissive_missing", { guard: null }],
    ["the guard's signal is stale", "permissive_missing", { guard: { value: false, quality: 3 } }],
    ["the machine is in local mode", "not_remote", { remote: good(false) }],
    ["nothing is known of the mode", "not_remote", { remote: null }],
    ["the mode's signal is uncertain", "not_remote", { remote: { value: true, quality: 1 } }],
    ["the machine has no remote signal at all", "not_remote", { machine: aMachine({ remoteTagId: null }) }],
    ["a reflex blocks remote changes", "alarm_on_target", { blockedBy: ["over-temperature"] }],
    ["another change is under way", "other_change_outstanding", { busy: true }],
    ["the tag is not writable", "not_allowed", { tag: aTag({ id: 12 }) }],
    ["the value is a text", "invalid", ask({ value: "226" })],
    ["the unit is another one", "invalid", ask({ unit: "°F" })],
    ["the unit is missing", "invalid", ask({ unit: null })],
    [
      "the value is over the limit",
      "out_of_limits",
      { ...ask({ value: 260.1, expected: 258 }), current: good(258) },
    ],
    [
      "the value is under the limit",
      "out_of_limits",
      { ...ask({ value: 199, expected: 201 }), current: good(201) },
    ],
    ["the set-point is not known", "input_not_fresh", { current: null }],
    ["the set-point is stale", "input_not_fresh", { current: { value: 230, quality: 3 } }],
    ["somebody moved the set-point", "setpoint_moved", { current: good(232) }],
    ["the step is too large", "step_too_large", ask({ value: 224.9 })],
    ["somebody turned the switch", "setpoint_moved", switched(false, true)],
    ["somebody chose another word", "setpoint_moved", worded("B", "A", "7")],
    ["the last write is too recent", "rate_too_high", { sinceLastWrite: 59_999 }],
  ])("stays closed when %s", (_what, code, change) => {
    expect(whyNotActuate({ ...open, ...change })?.code).toBe(code);
  });
});
