import { expect, test } from "vitest";
import type { StopReason, StopView } from "#server/execution/machine-state/machine-state.contract.ts";
import { suggested } from "./suggest.rules.ts";

const reason = (id: number) => ({ id, code: `r${String(id)}` }) as StopReason;
const reasons = [1, 2, 3, 4, 5].map(reason);
const stop = (id: string, fault: string | null, reasonId: number | null, word = "fault") =>
  ({
    id,
    fault,
    word,
    parts: [{ reason: reasonId === null ? null : reason(reasonId) }],
  }) as unknown as StopView;

test("what was said of the same fault comes first, then what was said lately", () => {
  const now = stop("now", "E204", null);
  const before = [now, stop("a", "E1", 5), stop("b", "E204", 2), stop("c", "E204", 2), stop("d", "E9", 3)];
  expect(suggested(reasons, before, now).map((r) => r.id)).toEqual([2, 5, 3]);
});

test("without a fault the machine's word decides", () => {
  const now = stop("now", null, null, "starved");
  expect(
    suggested(reasons, [stop("a", null, 1, "idle"), stop("b", null, 4, "starved")], now).map((r) => r.id),
  ).toEqual([4, 1]);
});

test("a reason that can no longer be given is not suggested, and nothing is invented", () => {
  expect(suggested(reasons, [stop("a", "E1", 99)], stop("now", "E1", null))).toEqual([]);
});
