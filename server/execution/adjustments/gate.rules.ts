import { Refusal } from "#server/core/refusal.contract.ts";

/** A signal as last heard. */
export interface GateSignal {
  readonly name: string;
  readonly value: number | string | null;
  readonly at: number;
  /** 0 good … 3 stale. */
  readonly quality: number;
  /** Older than this it proves nothing, ms. */
  readonly freshMs: number;
}

export interface GatePermissive {
  readonly signal: GateSignal | null;
  readonly name: string;
  readonly op: "=" | "!=" | "<" | ">";
  readonly value: number | string;
}

/** Everything the server's half of the gate looks at, read in one go just before it is used. */
export interface GateInput {
  readonly now: number;
  readonly notAfter: number;
  readonly approvals: { readonly valid: number; readonly needed: number };
  readonly machine: {
    readonly automationOff: boolean;
    readonly maintenanceLock: string | null;
    /** Undefined = this machine has no guard; null = it has one and was never heard. */
    readonly guard: GateSignal | null | undefined;
    readonly remote: GateSignal | null;
  };
  readonly suspended: boolean;
  readonly stationsOnline: number;
  readonly edgeOnline: boolean;
  readonly badge: { readonly needed: boolean; readonly given: boolean };
  readonly permissives: readonly GatePermissive[];
  /** Signals the proposal rests on. */
  readonly inputs: readonly (GateSignal | { readonly name: string; readonly at: null })[];
  readonly otherAlarm: string | null;
  readonly otherOutstanding: boolean;
  readonly target: {
    readonly value: number;
    /** The set-point must still stand where it stood when this was proposed. */
    readonly expected: number;
    readonly current: GateSignal | null;
    readonly min: number;
    readonly max: number;
    readonly maxStep: number;
    readonly tolerance: number;
    readonly minIntervalMs: number;
    readonly lastSentAt: number | null;
    readonly unit: string;
  };
}

function isFresh(signal: GateSignal, now: number): boolean {
  return signal.quality === 0 && now - signal.at <= signal.freshMs && signal.value !== null;
}

function holds(p: GatePermissive, value: number | string): boolean {
  switch (p.op) {
    case "=":
      return value === p.value;
    case "!=":
      return value !== p.value;
    case "<":
      return typeof value === "number" && typeof p.value === "number" && value < p.value;
    case ">":
      return typeof value === "number" && typeof p.value === "number" && value > p.value;
  }
}

/**
 * The server's half of the machine gate (design §5); the edge asks again on its own clock. The first reason found
 * is answered. What is not known counts as not permitted.
 */
export function whyNotSend(gate: GateInput): Refusal | null {
  return whyNotNow(gate) ?? whyNotHere(gate) ?? whyNotThisValue(gate);
}

/** People and time. */
function whyNotNow(gate: GateInput): Refusal | null {
  const { now, approvals, machine } = gate;
  if (now >= gate.notAfter) return new Refusal("expired");
  if (approvals.valid < Math.min(1, approvals.needed))
    return new Refusal("not_allowed", { action: "adjustment.decide" });
  if (approvals.valid < approvals.needed) return new Refusal("second_person_needed");
  if (machine.automationOff) return new Refusal("automation_off");
  if (gate.suspended) return new Refusal("automation_suspended");
  if (gate.badge.needed && !gate.badge.given) return new Refusal("badge_needed");
  return null;
}

/** The machine and those who stand beside it. */
function whyNotHere(gate: GateInput): Refusal | null {
  const { now, machine } = gate;
  if (machine.maintenanceLock !== null)
    return new Refusal("maintenance_lock", { name: machine.maintenanceLock });
  if (machine.guard !== undefined) {
    if (machine.guard === null || !isFresh(machine.guard, now))
      return new Refusal("input_not_fresh", { name: machine.guard?.name ?? "guard" });
    if (machine.guard.value !== 0) return new Refusal("guard_open");
  }
  if (machine.remote === null || !isFresh(machine.remote, now) || machine.remote.value !== 1)
    return new Refusal("not_remote");
  for (const permissive of gate.permissives) {
    const { signal } = permissive;
    if (signal === null || !isFresh(signal, now))
      return new Refusal("input_not_fresh", { name: permissive.name });
    if (!holds(permissive, signal.value ?? Number.NaN))
      return new Refusal("permissive_missing", { name: permissive.name });
  }
  if (gate.stationsOnline === 0) return new Refusal("no_station_online");
  if (!gate.edgeOnline) return new Refusal("edge_away");
  if (gate.otherAlarm !== null) return new Refusal("alarm_on_target", { alarm: gate.otherAlarm });
  if (gate.otherOutstanding) return new Refusal("other_change_outstanding");
  for (const input of gate.inputs) {
    if (input.at === null || !isFresh(input, now))
      return new Refusal("input_not_fresh", { name: input.name });
  }
  return null;
}

/** The value itself: limits, step, rate, compare-and-set. */
function whyNotThisValue({ now, target }: GateInput): Refusal | null {
  const { value, current, unit } = target;
  if (!Number.isFinite(value) || value < target.min || value > target.max)
    return new Refusal("out_of_limits", { min: target.min, max: target.max, unit });
  if (current === null || !isFresh(current, now) || typeof current.value !== "number")
    return new Refusal("input_not_fresh", { name: current?.name ?? "" });
  if (Math.abs(current.value - target.expected) > target.tolerance)
    return new Refusal("setpoint_moved", { expected: target.expected, now: current.value, unit });
  // Floating point must not refuse a step of exactly the limit.
  if (Math.abs(value - current.value) > target.maxStep + target.tolerance + 1e-9)
    return new Refusal("step_too_large", { max: target.maxStep, unit });
  if (target.lastSentAt !== null && now - target.lastSentAt < target.minIntervalMs)
    return new Refusal("rate_too_high", { seconds: Math.ceil(target.minIntervalMs / 1000) });
  return null;
}
