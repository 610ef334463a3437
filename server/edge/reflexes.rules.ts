import { quality } from "#server/device/tag.contract.ts";
import type { Reflex } from "./document.contract.ts";

/** A tag's value as conditions see it: numbers, texts, and booleans as true and false. */
export type Value = number | string | boolean;

/** `pending` = the condition holds since then (monotonic ms) but not long enough yet. */
export type ReflexState =
  | { readonly phase: "idle" }
  | { readonly phase: "pending"; readonly since: number }
  | { readonly phase: "active" };

export const idle: ReflexState = { phase: "idle" };

export interface ReflexStep {
  readonly state: ReflexState;
  readonly change: "raised" | "cleared" | null;
}

/**
 * What a new value does to a reflex. A value without evidence (none, or of bad or stale quality) changes nothing: it
 * neither raises nor clears. @param mono monotonic ms
 */
export function step(
  reflex: Reflex,
  state: ReflexState,
  value: Value | null,
  q: number,
  mono: number,
): ReflexStep {
  if (value === null || q >= quality.bad) return { state, change: null };
  if (state.phase === "active") {
    return returned(reflex, value) ? { state: idle, change: "cleared" } : { state, change: null };
  }
  if (!holds(reflex, value)) return { state: idle, change: null };
  const since = state.phase === "pending" ? state.since : mono;
  return due(reflex, { phase: "pending", since }, mono);
}

/** Raises a pending reflex whose condition has held for long enough. */
export function due(reflex: Reflex, state: ReflexState, mono: number): ReflexStep {
  if (state.phase !== "pending" || mono - state.since < reflex.condition.forMs)
    return { state, change: null };
  return { state: { phase: "active" }, change: "raised" };
}

/** When a pending reflex becomes due, monotonic ms; null = it waits for nothing. */
export function dueAt(reflex: Reflex, state: ReflexState): number | null {
  return state.phase === "pending" ? state.since + reflex.condition.forMs : null;
}

/** A stop needs a named risk assessment and a tag to ask with; without them the reflex only reports. */
export function actionOf(reflex: Reflex): Reflex["action"] {
  if (reflex.action !== "request_stop") return reflex.action;
  const assessed = (reflex.riskAssessment ?? "").trim() !== "";
  return assessed && reflex.stop !== null ? "request_stop" : "report";
}

export function holds({ condition }: Reflex, value: Value): boolean {
  switch (condition.op) {
    case "=":
      return same(value, condition.value);
    case "!=":
      return !same(value, condition.value);
    case ">":
      return asNumber(value) > asNumber(condition.value);
    case "<":
      return asNumber(value) < asNumber(condition.value);
    default:
      return condition.op satisfies never;
  }
}

/** On the return side the hysteresis counts: over 250 with 5 clears at 245. */
function returned(reflex: Reflex, value: Value): boolean {
  const { op, value: limit, hysteresis } = reflex.condition;
  if (op === ">") return asNumber(value) <= asNumber(limit) - hysteresis;
  if (op === "<") return asNumber(value) >= asNumber(limit) + hysteresis;
  return !holds(reflex, value);
}

function same(a: Value, b: Value): boolean {
  return typeof a === "string" || typeof b === "string" ? a === b : Number(a) === Number(b);
}

/** A text is no number, whatever digits stand in it. */
function asNumber(value: Value): number {
  return typeof value === "string" ? Number.NaN : Number(value);
}
