import { expect, test } from "vitest";
import type { EdgeHealth } from "#server/edge/uplink.contract.ts";
import { messageRates, sourceHealth } from "./health.rules.ts";

const now = Date.UTC(2026, 10, 23, 6);
type Said = EdgeHealth["sources"][number];
const said = (change: Partial<Said> = {}): Said => ({
  id: 1,
  connected: true,
  lastMessageAt: now - 500,
  messages: 100,
  errors: 2,
  skewMs: 40,
  problem: null,
  ...change,
});
const edge = (source: Said | null, at = now): EdgeHealth => ({
  at,
  version: "1",
  queueBlocks: 1,
  queueBytes: 1,
  unackedReadings: 7,
  oldestUnackedMs: 90,
  gaps: 0,
  deadLetters: 0,
  sources: source === null ? [] : [source],
});
const state = (source: Said | null, enabled = true) =>
  sourceHealth({ id: 1, enabled, edge: edge(source), rate: 5, now }).state;

test("a source is live while it speaks, and silent after a minute without a word", () => {
  expect(state(said())).toBe("live");
  expect(state(said({ lastMessageAt: now - 60_000 }))).toBe("live");
  expect(state(said({ lastMessageAt: now - 60_001 }))).toBe("silent");
  expect(state(said({ lastMessageAt: null }))).toBe("silent");
});

test("a source that was never heard waits; one that is lost or cannot be reached is not connected", () => {
  expect(state(null)).toBe("waiting");
  expect(state(said({ connected: false, lastMessageAt: null }))).toBe("waiting");
  expect(state(said({ connected: false, lastMessageAt: null, problem: "refused" }))).toBe("not_connected");
  expect(state(said({ connected: false }))).toBe("not_connected");
});

test("with its edge away nothing is known of a source, and what is not known is no 0", () => {
  expect(sourceHealth({ id: 1, enabled: true, edge: null, rate: 5, now })).toEqual({
    state: "edge_away",
    lastMessageAt: null,
    rate: null,
    messages: null,
    errors: null,
    skewMs: null,
    backlog: null,
    backlogMs: null,
    problem: null,
    certificates: null,
  });
  expect(state(said(), false)).toBe("off");
});

test("the rate is that between two healths; after a restart of the edge it counts from 0", () => {
  const before = edge(said(), now - 5000);
  expect(messageRates(before, edge(said({ messages: 150 }))).get(1)).toBe(10);
  expect(messageRates(before, edge(said({ messages: 20 }))).get(1)).toBe(4);
  expect(messageRates(null, edge(said())).size).toBe(0);
  expect(messageRates(before, edge(said({ id: 2 }))).size).toBe(0);
  expect(messageRates(edge(said()), edge(said())).size).toBe(0);
});
