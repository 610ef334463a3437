import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { actionOf, due, dueAt, holds, idle, type ReflexState, step, type Value } from "./reflexes.rules.ts";
import { aReflex } from "./testing/documents.ts";

/** Feeds values 100 ms apart and tells what happened at which. */
function feed(reflex: ReturnType<typeof aReflex>, values: readonly (Value | null)[], q = 0): string[] {
  let state: ReflexState = idle;
  return values.flatMap((value, i) => {
    const next = step(reflex, state, value, q, i * 100);
    state = next.state;
    return next.change === null ? [] : [`${next.change} at ${i}`];
  });
}

const now = (change: Partial<ReturnType<typeof aReflex>["condition"]>) =>
  aReflex({ condition: { op: ">", value: 260, forMs: 0, hysteresis: 5, ...change } });

describe("a reflex", { timeout: 60_000 }, () => {
  it.each([
    ["over the limit, once", now({}), [250, 261, 262, 263], ["raised at 1"]],
    ["back within the hysteresis it stays active", now({}), [261, 256, 262], ["raised at 0"]],
    [
      "back by the hysteresis it clears and can act again",
      now({}),
      [261, 255, 261],
      ["raised at 0", "cleared at 1", "raised at 2"],
    ],
    ["exactly at the limit is not over it", now({}), [260], []],
    [
      "under a limit",
      now({ op: "<", value: 10, hysteresis: 1 }),
      [10, 9.9, 10.5, 11],
      ["raised at 1", "cleared at 3"],
    ],
    [
      "a guard that opens",
      now({ op: "=", value: true, hysteresis: 0 }),
      [false, true, false],
      ["raised at 1", "cleared at 2"],
    ],
    [
      "a word that is no longer there",
      now({ op: "!=", value: "", hysteresis: 0 }),
      ["", "E42", "E43", ""],
      ["raised at 1", "cleared at 3"],
    ],
    ["a text is never more than a number", now({}), ["300"], []],
    ["persistence not reached", aReflex(), [261, 261, 261, 250, 261], []],
    ["persistence reached", aReflex(), Array.from({ length: 12 }, () => 261), ["raised at 10"]],
    [
      "a dip begins the persistence anew",
      aReflex(),
      [...Array.from({ length: 8 }, () => 261), 259, ...Array.from({ length: 11 }, () => 261)],
      ["raised at 19"],
    ],
    ["no value neither raises nor clears", now({}), [261, null, 261], ["raised at 0"]],
  ])("%s", (_what, reflex, values, expected) => {
    expect(feed(reflex, values)).toEqual(expected);
  });

  it("takes no evidence from a bad or stale value", () => {
    expect(feed(now({}), [300, 300], 2)).toEqual([]);
    expect(feed(now({}), [300, 300], 3)).toEqual([]);
    expect(feed(now({}), [300], 1)).toEqual(["raised at 0"]);
  });

  it("becomes due by time alone when no further value comes", () => {
    const { state } = step(aReflex(), idle, 261, 0, 500);
    expect(dueAt(aReflex(), state)).toBe(1500);
    expect(due(aReflex(), state, 1499).change).toBeNull();
    expect(due(aReflex(), state, 1500).change).toBe("raised");
  });

  it("asks for a stop only with a named risk assessment and something to ask with", () => {
    expect(actionOf(aReflex())).toBe("request_stop");
    expect(actionOf(aReflex({ riskAssessment: " " }))).toBe("report");
    expect(actionOf(aReflex({ riskAssessment: null }))).toBe("report");
    expect(actionOf(aReflex({ stop: null }))).toBe("report");
    expect(actionOf(aReflex({ action: "block_remote", riskAssessment: null }))).toBe("block_remote");
  });

  it("is never raised while its condition does not hold, nor twice without having cleared", () => {
    const value = fc.oneof(fc.double({ min: 200, max: 300, noNaN: true }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.integer({ min: 1, max: 800 })), { maxLength: 60 }), (steps) => {
        let state: ReflexState = idle;
        let mono = 0;
        let active = false;
        for (const [v, dt] of steps) {
          mono += dt;
          const next = step(aReflex(), state, v, 0, mono);
          state = next.state;
          if (next.change === "raised") {
            expect(active).toBe(false);
            expect(v !== null && holds(aReflex(), v)).toBe(true);
            active = true;
          }
          if (next.change === "cleared") {
            expect(active).toBe(true);
            expect(v).toBeLessThanOrEqual(255);
            active = false;
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
