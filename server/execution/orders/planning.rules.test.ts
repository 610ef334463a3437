import { expect, test } from "vitest";
import {
  delivered,
  made,
  placed,
  splittable,
  stateAfterHold,
  whyNotCancel,
  whyNotClose,
  whyNotHold,
  whyNotRelease,
  whyNotReopen,
  whyNotSplit,
} from "./planning.rules.ts";

const order = (state: string, jobs: [state: string, good: number][], quantity = 100) => ({
  code: "PO-1",
  state,
  quantity,
  jobs: jobs.map(([jobState, good], i) => ({ sequence: (i + 1) * 10, state: jobState, good })),
});

test("an order delivers what leaves its last operation, and has made what any of them made", () => {
  const two = order("running", [
    ["completed", 60],
    ["running", 20],
  ]);
  expect([delivered(two), made(two), splittable(two)]).toEqual([20, 60, 40]);
  expect(
    delivered(
      order("running", [
        ["running", 30],
        ["cancelled", 0],
      ]),
    ),
  ).toBe(30);
});

test("a split leaves what is made, and at least one part", () => {
  const running = order("running", [["running", 60]]);
  expect(whyNotSplit(running, 40)).toBeNull();
  expect(whyNotSplit(running, 41)).toMatchObject({ code: "below_made", params: { made: 60, most: 40 } });
  expect(whyNotSplit(order("ready", [["ready", 0]]), 99)).toBeNull();
  expect(whyNotSplit(order("ready", [["ready", 0]]), 100)?.code).toBe("below_made");
  expect(whyNotSplit(order("closed", [["completed", 10]]), 1)?.code).toBe("wrong_state");
});

test("only an open order is held, and only a held one released", () => {
  expect(whyNotHold(order("running", [["running", 1]]))).toBeNull();
  expect(whyNotHold(order("held", [["running", 1]]))?.code).toBe("wrong_state");
  expect(whyNotHold(order("completed", [["completed", 1]]))?.code).toBe("wrong_state");
  expect(whyNotRelease(order("held", [["ready", 0]]))).toBeNull();
  expect(whyNotRelease(order("ready", [["ready", 0]]))?.code).toBe("wrong_state");
  expect(stateAfterHold(order("held", [["paused", 3]]))).toBe("running");
  expect(stateAfterHold(order("held", [["ready", 0]]))).toBe("ready");
  // Its last job was finished meanwhile, or by a correction.
  expect(stateAfterHold(order("held", [["completed", 3]]))).toBe("completed");
});

test("an order is closed when nothing of it runs, with a reason where it is short", () => {
  expect(whyNotClose(order("running", [["running", 60]]), "x")?.code).toBe("order_running");
  expect(whyNotClose(order("ready", [["ready", 0]]), "x")?.code).toBe("order_not_started");
  expect(whyNotClose(order("completed", [["completed", 99]]), undefined)?.code).toBe("reason_needed");
  expect(whyNotClose(order("completed", [["completed", 99]]), "mould broke")).toBeNull();
  expect(whyNotClose(order("completed", [["completed", 100]]), undefined)).toBeNull();
  expect(whyNotClose(order("closed", [["completed", 100]]), undefined)?.code).toBe("wrong_state");
  expect(whyNotReopen(order("closed", [["completed", 100]]))).toBeNull();
  expect(whyNotReopen(order("completed", [["completed", 100]]))?.code).toBe("wrong_state");
});

test("an order of which anything was begun is not cancelled", () => {
  expect(whyNotCancel(order("ready", [["ready", 0]]))).toBeNull();
  expect(whyNotCancel(order("held", [["ready", 0]]))).toBeNull();
  expect(whyNotCancel(order("running", [["paused", 0]]))?.code).toBe("order_started");
  expect(whyNotCancel(order("cancelled", [["cancelled", 0]]))?.code).toBe("wrong_state");
});

test("a job goes before another one or to the end, and what is not in the queue moves nothing", () => {
  expect(placed(["a", "b", "c"], "c", "a")).toEqual(["c", "a", "b"]);
  expect(placed(["a", "b", "c"], "a", null)).toEqual(["b", "c", "a"]);
  expect(placed(["a", "b", "c"], "a", "c")).toEqual(["b", "a", "c"]);
  expect(placed(["a", "b"], "x", "a")).toEqual(["a", "b"]);
  expect(placed(["a", "b"], "a", "x")).toEqual(["a", "b"]);
  expect(placed(["a", "b"], "a", "a")).toEqual(["a", "b"]);
});
