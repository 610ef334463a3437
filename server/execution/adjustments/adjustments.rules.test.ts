import fc from "fast-check";
import { expect, test } from "vitest";
import { type AdjustmentState, adjustmentStates } from "./adjustments.contract.ts";
import {
  type AdjustmentMove,
  adjustmentMoves,
  beforeSending,
  inFlight,
  isOver,
  moveAdjustment,
  verdicts,
} from "./adjustments.rules.ts";

const transitions: [AdjustmentState, AdjustmentMove, AdjustmentState][] = [
  ["draft", "propose", "proposed"],
  ["draft", "reject", "rejected"],
  ["draft", "expire", "expired"],
  ["proposed", "approve", "approved"],
  ["proposed", "reject", "rejected"],
  ["proposed", "expire", "expired"],
  ["approved", "announce", "announced"],
  ["approved", "hold", "held"],
  ["approved", "block", "blocked"],
  ["approved", "reject", "rejected"],
  ["approved", "expire", "expired"],
  ["announced", "send", "sent"],
  ["announced", "hold", "held"],
  ["announced", "block", "blocked"],
  ["announced", "reject", "rejected"],
  ["announced", "expire", "expired"],
  ["held", "release", "approved"],
  ["held", "reject", "rejected"],
  ["held", "expire", "expired"],
  ["blocked", "release", "approved"],
  ["blocked", "hold", "held"],
  ["blocked", "reject", "rejected"],
  ["blocked", "expire", "expired"],
  ["sent", "accept", "accepted"],
  ["sent", "refuse", "refused"],
  ["sent", "lose", "unknown"],
  ["accepted", "echo", "verifying"],
  ["accepted", "lose", "unknown"],
  ["unknown", "took", "verifying"],
  ["unknown", "did_not_take", "refused"],
  ["verifying", "help", "helped"],
  ["verifying", "not_help", "did_not_help"],
  ["verifying", "not_tell", "cannot_tell"],
];

test.each(transitions)("%s — %s → %s", (from, move, to) => {
  expect(moveAdjustment(from, move)).toBe(to);
});

test("there is no other way", () => {
  const listed = new Set(transitions.map(([from, move]) => `${from} ${move}`));
  for (const from of adjustmentStates) {
    for (const move of adjustmentMoves) {
      if (!listed.has(`${from} ${move}`)) expect(moveAdjustment(from, move)).toBeNull();
    }
  }
});

test("every state is either before sending, in flight, or over", () => {
  for (const state of adjustmentStates) {
    const kinds = [beforeSending.has(state), inFlight.has(state), isOver(state)].filter(Boolean);
    expect(kinds).toEqual([true]);
  }
  for (const verdict of verdicts) expect(isOver(verdict)).toBe(true);
});

test("whatever people, clock, edge and verifier do: sent at most once, only after approval and announcement", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...adjustmentMoves), { maxLength: 60 }), (moves) => {
      let state: AdjustmentState = "draft";
      const done: AdjustmentMove[] = [];
      for (const move of moves) {
        const next: AdjustmentState | null = moveAdjustment(state, move);
        if (next === null) continue;
        done.push(move);
        if (move === "send") {
          expect(done.filter((m) => m === "send")).toHaveLength(1);
          const since = Math.max(done.lastIndexOf("release"), done.lastIndexOf("approve"));
          // Announced anew after every hold or block, and approved at some time before.
          expect(done.lastIndexOf("announce")).toBeGreaterThan(since);
          expect(done.slice(done.lastIndexOf("announce")).some((m) => m === "hold" || m === "block")).toBe(
            false,
          );
          expect(done).toContain("approve");
        }
        // What was sent is never dropped, held or expired: it ends by an answer, a person or a verdict.
        if (inFlight.has(state)) expect(["rejected", "expired", "held", "blocked"]).not.toContain(next);
        if (verdicts.has(next)) expect(done).toContain("send");
        state = next;
      }
    }),
    { numRuns: 500 },
  );
});
