import fc from "fast-check";
import { expect, test } from "vitest";
import { makeRoom, type StartSituation, whyNotStart } from "./orders.rules.ts";

const fine: StartSituation = {
  jobState: "ready",
  orderState: "ready",
  runningThere: null,
  positions: 1,
  position: 1,
  lots: [],
};
const lot = { code: "L-1", onHold: false, closed: false, fits: true };

test.each<[string, Partial<StartSituation>, string | null]>([
  ["a ready job at a free machine may begin", {}, null],
  ["a paused job may go on", { jobState: "paused", orderState: "running" }, null],
  ["a job that runs may not begin again", { jobState: "running" }, "wrong_state"],
  ["a completed job may not begin again", { jobState: "completed" }, "wrong_state"],
  ["a held order may not begin", { orderState: "held" }, "wrong_state"],
  [
    "a held order says who holds it",
    { orderState: "held", hold: { order: "PO-7", reason: "x" } },
    "order_on_hold",
  ],
  ["a position holds one job at a time", { runningThere: "PO-7" }, "job_running"],
  ["a machine has only its positions", { position: 2 }, "invalid"],
  ["a lot that fits may be used", { lots: [lot] }, null],
  ["a lot on hold blocks", { lots: [lot, { ...lot, onHold: true }] }, "lot_on_hold"],
  ["a used-up lot is the wrong one", { lots: [{ ...lot, closed: true }] }, "lot_mismatch"],
  ["a lot of another material is the wrong one", { lots: [{ ...lot, fits: false }] }, "lot_mismatch"],
])("%s", (_name, change, code) => {
  expect(whyNotStart({ ...fine, ...change })?.code ?? null).toBe(code);
});

test("a job that really began ten minutes earlier ends the one before it there", () => {
  expect(makeRoom({ start: 10, end: null }, [{ id: "a", start: 0, end: 20 }])).toEqual([
    { id: "a", start: 0, end: 10 },
  ]);
});

test("a correction that would swallow another run is a contradiction", () => {
  expect(makeRoom({ start: 0, end: 30 }, [{ id: "a", start: 10, end: 20 }])).toBeNull();
  expect(makeRoom({ start: 10, end: 20 }, [{ id: "a", start: 0, end: 30 }])).toBeNull();
});

test("after making room no two runs of a position overlap", () => {
  const run = fc.record({ start: fc.integer({ min: 0, max: 100 }), length: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(run, fc.array(run, { maxLength: 6 }), (corrected, others) => {
      let at = 0;
      // Neighbours laid one behind the other, so that they do not overlap among themselves.
      const neighbours = others.map((o, i) => ({
        id: String(i),
        start: (at += o.start % 7),
        end: (at += o.length),
      }));
      const period = { start: corrected.start, end: corrected.start + corrected.length };
      const cut = makeRoom(period, neighbours);
      if (cut === null) return;
      const after = neighbours.map((n) => cut.find((c) => c.id === n.id) ?? n);
      for (const n of after) expect(n.start < period.end && period.start < (n.end ?? Infinity)).toBe(false);
      for (const n of after) expect(n.start).toBeLessThan(n.end ?? Infinity);
    }),
    { numRuns: 300 },
  );
});
