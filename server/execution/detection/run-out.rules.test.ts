import { expect, test } from "vitest";
import { RunOutParameters } from "./parameters.contract.ts";
import { hearRemaining, type RunOutState, startRunOut } from "./run-out.rules.ts";
import { seeded } from "./testing.ts";

const minute = 60_000;
const p = RunOutParameters.parse({ leadMs: 30 * minute, rateMs: 15 * minute, persist: 2, clearPersist: 2 });

function feed(state: RunOutState, readings: { at: number; value: number; quality?: number }[]) {
  const events: { event: string; at: number }[] = [];
  let evidence = null;
  for (const r of readings) {
    const heard = hearRemaining(state, { quality: 0, ...r }, p);
    state = heard.state;
    if (heard.finding.event !== null) events.push({ event: heard.finding.event, at: r.at });
    evidence = heard.finding.evidence ?? evidence;
  }
  return { state, events, evidence };
}

const use = (from: number, minutes: number, start: number, perMinute: number, noise = () => 0) =>
  Array.from({ length: minutes + 1 }, (_, i) => ({
    at: from + i * minute,
    value: start - i * perMinute + noise(),
  }));

test("the alarm comes when less than the lead time is left, and its band holds the truth", () => {
  const random = seeded(11);
  const { events, evidence } = feed(
    startRunOut,
    use(0, 100, 100, 1, () => 0.05 * random.normal()),
  );
  expect(events[0]?.event).toBe("opened");
  // 100 kg at 1 kg/min: 30 minutes are left at minute 70, seen twice.
  expect((events[0]?.at ?? 0) / minute).toBeGreaterThanOrEqual(70);
  expect((events[0]?.at ?? 0) / minute).toBeLessThanOrEqual(73);
  expect(evidence?.runOut?.ratePerHour).toBeCloseTo(60, 0);
  const truth = 100 - (events[0]?.at ?? 0) / minute;
  expect(evidence?.runOut?.minutesLow).toBeLessThan(truth + 0.5);
  expect(evidence?.runOut?.minutesHigh ?? Infinity).toBeGreaterThan(truth - 0.5);
});

test("13.2: a reading that comes after a later one says nothing of how much is left now", () => {
  const told = use(0, 60, 100, 1);
  const late = [...told, { at: 5 * minute, value: 2 }, { at: 6 * minute, value: 1 }];
  expect(feed(startRunOut, late).events).toEqual([]);
  expect(feed(startRunOut, late).state.last).toEqual(feed(startRunOut, told).state.last);
});

test("a machine that uses nothing runs out of nothing", () => {
  expect(feed(startRunOut, use(0, 100, 20, 0)).events).toEqual([]);
});

test("a refill ends the deviation at once and the rate is measured anew", () => {
  const low = feed(startRunOut, use(0, 80, 100, 1));
  expect(low.events.map((e) => e.event)).toEqual(["opened"]);
  const filled = feed(low.state, [{ at: 81 * minute, value: 100 }]);
  expect(filled.events.map((e) => e.event)).toEqual(["cleared"]);
  expect(filled.state.marks).toHaveLength(1);
});

test("an empty hopper is a deviation even before a rate is known", () => {
  const { events } = feed(startRunOut, [
    { at: 0, value: 0 },
    { at: minute, value: 0 },
  ]);
  expect(events.map((e) => e.event)).toEqual(["opened"]);
});

test("bad readings are left out and counted", () => {
  const { events, state } = feed(
    startRunOut,
    use(0, 20, 0, 0).map((r) => ({ ...r, quality: 2 })),
  );
  expect(events).toEqual([]);
  expect(state.trail.reasons).toEqual({ bad: 21 });
});
