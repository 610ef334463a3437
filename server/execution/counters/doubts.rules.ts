import { Refusal } from "#server/core/refusal.contract.ts";
import type { CounterDecision, CounterDoubtView } from "./doubts.contract.ts";

/** Why this may not be said of a counter that went down, or null: a counter without a top never rolls over. */
export function whyNotDecide(
  doubt: Pick<CounterDoubtView, "ifRollover">,
  decision: CounterDecision,
): Refusal | null {
  if (decision !== "rollover" || doubt.ifRollover !== null) return null;
  return new Refusal("invalid", { problem: "this counter has no top at which it rolls over" }, "decision");
}
