import { quality } from "#server/device/tag.contract.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import type { EdgeMachine, EdgeTag } from "./document.contract.ts";
import type { Value } from "./reflexes.rules.ts";
import type { Actuation } from "./uplink.contract.ts";

/** A value the gate looks at; null = the edge has not heard it since it started. */
export interface GateValue {
  readonly value: Value | null;
  readonly quality: number;
}

/** All the gate decides on. Times are ms: `now` wall clock (checked against the server), the others monotonic. */
export interface GateInput {
  readonly actuation: Actuation;
  readonly tag: EdgeTag | null;
  readonly machine: EdgeMachine | null;
  readonly now: number;
  readonly receivedAt: number;
  readonly mono: number;
  /** The newest counter seen in each epoch, oldest epoch first; the last one is the present epoch. */
  readonly counters: readonly { readonly epoch: string; readonly counter: number }[];
  readonly connected: boolean;
  /** Monotonic ms when the machine last said anything. */
  readonly machineHeardAt: number | null;
  /** How long a machine may be silent before what it said counts as old, ms. */
  readonly maxSilenceMs: number;
  readonly remote: GateValue | null;
  readonly guard: GateValue | null;
  readonly current: GateValue | null;
  /** Ids of reflexes that block remote changes of this machine now. */
  readonly blockedBy: readonly string[];
  /** Another actuation of this machine is under way. */
  readonly busy: boolean;
  /** Ms since this tag was last written, by whatever clock knows it; null = never. */
  readonly sinceLastWrite: number | null;
}

/**
 * The last gate before a machine (design §5), in the order in which an operator would want to hear it. The server has
 * asked the same; here it is asked again on the edge's own clock and its own readings. null = go.
 */
export function whyNotActuate(input: GateInput): Refusal | null {
  const { actuation, tag, machine } = input;
  if (
    tag === null ||
    machine === null ||
    tag.machineId !== actuation.machineId ||
    machine.id !== tag.machineId
  ) {
    return new Refusal("not_found", { tag: actuation.tagId });
  }
  return (
    whyExpired(input) ??
    whyNotNewer(input) ??
    whyMachineClosed(input, machine) ??
    whyValueWrong(actuation, tag) ??
    whyCurrentWrong(input, tag) ??
    whyTooSoon(input, tag)
  );
}

/** Expiry is asked once more just before the write: the disk may have been slow. */
export function whyExpired({
  actuation,
  now,
  mono,
  receivedAt,
}: Pick<GateInput, "actuation" | "now" | "mono" | "receivedAt">): Refusal | null {
  const late = now > actuation.notAfter || mono - receivedAt > actuation.ttlMs;
  return late ? new Refusal("expired", { seconds: Math.round((now - actuation.notAfter) / 1000) }) : null;
}

/** An older counter, or any counter of an epoch that a restore has ended, is a message from the past. */
function whyNotNewer({ actuation, counters }: GateInput): Refusal | null {
  const known = counters.find((c) => c.epoch === actuation.counterEpoch);
  if (known === undefined) return null;
  if (counters.at(-1) === known && actuation.counter > known.counter) return null;
  return new Refusal("conflict", { counter: actuation.counter });
}

function whyMachineClosed(input: GateInput, machine: EdgeMachine): Refusal | null {
  const name = { machine: machine.code };
  if (machine.automationOff) return new Refusal("automation_off", name);
  if (machine.maintenanceLock) return new Refusal("maintenance_lock", name);
  const silent = input.machineHeardAt === null || input.mono - input.machineHeardAt > input.maxSilenceMs;
  if (!input.connected || silent) return new Refusal("input_not_fresh", name);
  if (machine.guardTagId !== null) {
    const guard = trusted(input.guard);
    if (guard === null) return new Refusal("permissive_missing", name);
    if (isTrue(guard)) return new Refusal("guard_open", name);
  }
  const remote = machine.remoteTagId === null ? null : trusted(input.remote);
  if (remote === null || !isTrue(remote)) return new Refusal("not_remote", name);
  const [reflex] = input.blockedBy;
  if (reflex !== undefined) return new Refusal("alarm_on_target", { ...name, alarm: reflex });
  return input.busy ? new Refusal("other_change_outstanding", name) : null;
}

function whyValueWrong(actuation: Actuation, tag: EdgeTag): Refusal | null {
  if (tag.writable === null) return new Refusal("not_allowed", { tag: tag.metric });
  const type = tag.datatype === "text" ? "string" : tag.datatype;
  if (typeof actuation.value !== type) return new Refusal("invalid", { tag: tag.metric }, "value");
  if (actuation.unit !== tag.unit) return new Refusal("invalid", { tag: tag.metric }, "unit");
  if (typeof actuation.value !== "number") return null;
  const { min, max } = tag.writable;
  const within = actuation.value >= min && actuation.value <= max;
  return within
    ? null
    : new Refusal("out_of_limits", { value: actuation.value, min, max, unit: tag.unit ?? "" });
}

/** Compare-and-set, and the step, against the set-point as the machine says it now. */
function whyCurrentWrong({ actuation, current }: GateInput, tag: EdgeTag): Refusal | null {
  const value = trusted(current);
  if (value === null) return new Refusal("input_not_fresh", { tag: tag.metric });
  const { expected } = actuation;
  const tolerance = tag.writable?.tolerance ?? 0;
  if (expected !== null && !matches(value, expected, tolerance)) {
    return new Refusal("setpoint_moved", { expected: String(expected), value: String(value) });
  }
  if (typeof actuation.value !== "number" || typeof value !== "number") return null;
  const step = Math.abs(actuation.value - value);
  const maxStep = tag.writable?.maxStep ?? 0;
  // A step that is a rounding error too large is not too large.
  return step > maxStep * (1 + 1e-9)
    ? new Refusal("step_too_large", { step, maxStep, unit: tag.unit ?? "" })
    : null;
}

function whyTooSoon({ sinceLastWrite }: GateInput, tag: EdgeTag): Refusal | null {
  const wait = tag.writable?.minIntervalMs ?? 0;
  if (sinceLastWrite === null || sinceLastWrite >= wait) return null;
  return new Refusal("rate_too_high", { seconds: Math.ceil((wait - sinceLastWrite) / 1000) });
}

/** A value one may decide on: known, and of good quality. */
function trusted(value: GateValue | null): Value | null {
  return value === null || value.quality !== quality.good ? null : value.value;
}

const isTrue = (value: Value): boolean => value === true || value === 1;

export function matches(a: Value, b: Value, tolerance: number): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return Math.abs(Number(a) - Number(b)) <= tolerance + 1e-9;
}
