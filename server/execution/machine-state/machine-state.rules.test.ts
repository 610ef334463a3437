import fc from "fast-check";
import { expect, test } from "vitest";
import type { StateInterval } from "./machine-state.contract.ts";
import {
  deriveStates,
  findStops,
  firstDifference,
  mergeStates,
  replaceStates,
  type StateEvent,
  stopParts,
} from "./machine-state.rules.ts";

const state = (at: number, text: string, good = true): StateEvent => ({ at, kind: "state", good, text });
const fault = (at: number, text: string): StateEvent => ({ at, kind: "fault", good: true, text });
const alive = (at: number): StateEvent => ({ at, kind: "alive", good: true, text: null });
const short = (rows: readonly StateInterval[]) =>
  rows.map((r) => `${r.start}-${r.end ?? ""} ${r.word}${r.fault === null ? "" : ` ${r.fault}`}`);
const derive = (events: StateEvent[], now: number, to: number | null = null) =>
  short(deriveStates({ events, staleMs: 100, to, now }));

test.each<[string, StateEvent[], number, string[]]>([
  [
    "a word holds until the next one",
    [state(0, "running"), state(50, "stopped")],
    60,
    ["0-50 running", "50- stopped"],
  ],
  ["a repeated word changes nothing", [state(0, "running"), state(50, "running")], 60, ["0- running"]],
  ["a fault code names the stop", [state(0, "fault"), fault(0, "E7")], 1, ["0- fault E7"]],
  ["a fault code is nothing while it runs", [state(0, "running"), fault(0, "E7")], 1, ["0- running"]],
  ["silence is no data from the limit on", [state(0, "running")], 200, ["0-100 running", "100- no_data"]],
  [
    "after a silence the word is unknown until it is said again",
    [state(0, "running"), alive(150), state(160, "running")],
    161,
    ["0-100 running", "100-160 no_data", "160- running"],
  ],
  ["any sign of life keeps the word", [state(0, "idle"), alive(90), alive(180)], 200, ["0- idle"]],
  [
    "bad quality ends the word",
    [state(0, "running"), state(40, "running", false)],
    50,
    ["0-40 running", "40- no_data"],
  ],
  [
    "an unknown word is no data",
    [state(0, "running"), state(40, "dancing")],
    50,
    ["0-40 running", "40- no_data"],
  ],
  [
    "before the first state there is no data",
    [alive(0), state(10, "running")],
    11,
    ["0-10 no_data", "10- running"],
  ],
  [
    "of two states at one instant the later counts",
    [state(0, "idle"), state(0, "running")],
    1,
    ["0- running"],
  ],
])("%s", (_name, events, now, expected) => {
  expect(derive(events, now)).toEqual(expected);
});

const words = fc.constantFrom(
  "running",
  "idle",
  "stopped",
  "fault",
  "setup",
  "starved",
  "blocked",
  "dancing",
);
const anyEvent: fc.Arbitrary<StateEvent> = fc.oneof(
  fc.record({
    at: fc.integer({ min: 0, max: 1000 }),
    kind: fc.constant("state" as const),
    good: fc.boolean(),
    text: words,
  }),
  fc.record({
    at: fc.integer({ min: 0, max: 1000 }),
    kind: fc.constant("fault" as const),
    good: fc.boolean(),
    text: fc.constantFrom("", "E1", "E2"),
  }),
  fc.record({
    at: fc.integer({ min: 0, max: 1000 }),
    kind: fc.constant("alive" as const),
    good: fc.constant(true),
    text: fc.constant(null),
  }),
);
const inOrder = (events: StateEvent[]) => events.toSorted((a, b) => a.at - b.at);

test("states never overlap, leave no gap, and neighbours differ", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 40 }), (events) => {
      const sorted = inOrder(events);
      const rows = deriveStates({ events: sorted, staleMs: 100, to: null, now: 1200 });
      expect(rows[0]?.start).toBe(sorted[0]?.at);
      expect(rows.at(-1)?.end).toBeNull();
      rows.forEach((row, i) => {
        if (row.end !== null) expect(row.start).toBeLessThan(row.end);
        const next = rows[i + 1];
        if (next === undefined) return;
        expect(row.end).toBe(next.start);
        expect([row.word, row.fault]).not.toEqual([next.word, next.fault]);
      });
      expect(mergeStates(rows)).toEqual(rows);
    }),
    { numRuns: 500 },
  );
});

test("cutting a derivation at a state reading and joining the halves changes nothing", () => {
  fc.assert(
    fc.property(
      fc.array(anyEvent, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 0, max: 39 }),
      (events, pick) => {
        // One event an instant, else the cut at an instant is not defined by time alone.
        const sorted = inOrder(events).filter((e, i, all) => all[i - 1]?.at !== e.at);
        const states = sorted.filter((e) => e.kind === "state");
        const cut = states[pick % Math.max(states.length, 1)]?.at;
        fc.pre(cut !== undefined);
        const whole = deriveStates({ events: sorted, staleMs: 100, to: null, now: 1200 });
        const faultBefore =
          sorted.findLast((e) => e.kind === "fault" && e.good && e.at < (cut ?? 0))?.text ?? null;
        const tail = deriveStates({
          events: sorted.filter((e) => e.at >= (cut ?? 0)),
          faultBefore,
          staleMs: 100,
          to: null,
          now: 1200,
        });
        expect(replaceStates(whole, tail, cut ?? 0, null)).toEqual(whole);
      },
    ),
    { numRuns: 500 },
  );
});

const row = (
  start: number,
  end: number | null,
  word: StateInterval["word"],
  code: string | null = null,
): StateInterval => ({ start, end, word, fault: code });

test("an end that moved changes nothing before it", () => {
  const long = [row(0, 50, "running"), row(50, null, "stopped")];
  expect(firstDifference(long, long)).toBeNull();
  expect(
    firstDifference(long, [row(0, 50, "running"), row(50, 90, "stopped"), row(90, null, "running")]),
  ).toBe(90);
  expect(firstDifference(long, [row(0, 50, "running"), row(50, null, "fault")])).toBe(50);
  expect(firstDifference([], long)).toBe(0);
});

test("a stop shorter than the micro-stop limit is none; at the limit it is one, from its very start", () => {
  expect(findStops([row(0, 99, "stopped"), row(99, null, "running")], 100, 500)).toEqual([]);
  expect(findStops([row(0, 100, "stopped"), row(100, null, "running")], 100, 500)).toMatchObject([
    { start: 0, end: 100 },
  ]);
});

test("an open stop becomes one when it grows past the limit, back to its start", () => {
  expect(findStops([row(0, null, "stopped")], 100, 99)).toEqual([]);
  expect(findStops([row(0, null, "stopped")], 100, 100)).toEqual([
    { start: 0, end: null, word: "stopped", fault: null },
  ]);
});

test("words of standing still that follow one another are one stop, named by its first fault", () => {
  const rows = [
    row(0, 10, "starved"),
    row(10, 50, "fault", "E3"),
    row(50, 120, "stopped"),
    row(120, null, "running"),
  ];
  expect(findStops(rows, 100, 500)).toEqual([{ start: 0, end: 120, word: "fault", fault: "E3" }]);
});

test("set-up and no data end a stop", () => {
  const rows = [
    row(0, 150, "stopped"),
    row(150, 200, "no_data"),
    row(200, 400, "stopped"),
    row(400, null, "setup"),
  ];
  expect(findStops(rows, 100, 500).map((s) => [s.start, s.end])).toEqual([
    [0, 150],
    [200, 400],
  ]);
});

const said = (start: number, end: number | null, reasonId: number, at: number) => ({
  start,
  end,
  reasonId,
  at,
  comment: null,
});
const parts = (...args: Parameters<typeof stopParts>) =>
  stopParts(...args).map((p) => [p.start, p.end, p.reasonId, p.by]);

test("a stop takes the reason of its fault until a person says another", () => {
  expect(parts({ start: 0, end: 100 }, [], 7)).toEqual([[0, 100, 7, "fault"]]);
  expect(parts({ start: 0, end: 100 }, [], null)).toEqual([[0, 100, null, null]]);
  expect(parts({ start: 0, end: 100 }, [said(0, 100, 3, 1)], 7)).toEqual([[0, 100, 3, "person"]]);
});

test("a stop explained while it was open stays explained until its end", () => {
  expect(parts({ start: 0, end: 100 }, [said(0, 40, 3, 1)], 7)).toEqual([[0, 100, 3, "person"]]);
  expect(parts({ start: 0, end: null }, [said(0, 40, 3, 1)], 7)).toEqual([[0, null, 3, "person"]]);
});

test("one stop can be split into two reasons, and the newest word stands", () => {
  expect(parts({ start: 0, end: 100 }, [said(0, 100, 3, 1), said(60, 100, 4, 2)], null)).toEqual([
    [0, 60, 3, "person"],
    [60, 100, 4, "person"],
  ]);
  expect(parts({ start: 0, end: 100 }, [said(0, 100, 3, 2), said(60, 100, 4, 1)], null)).toEqual([
    [0, 100, 3, "person"],
  ]);
});
