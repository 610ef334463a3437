import { expect, test } from "vitest";
import type { ReadingColumns } from "#server/edge/block.contract.ts";
import { checkColumns, liveSamples, maxRaw, maxText, rawText } from "./precheck.rules.ts";

const now = Date.UTC(2026, 10, 22);

function columns(rows: readonly { tag?: number; at?: number; num?: number; txt?: string }[]): ReadingColumns {
  return {
    tagIds: Uint32Array.from(rows, (r) => r.tag ?? 1),
    sourceTs: Float64Array.from(rows, (r) => r.at ?? now),
    edgeTs: Float64Array.from(rows, () => now + 0.4),
    num: Float64Array.from(rows, (r) => r.num ?? Number.NaN),
    txt: rows.map((r) => r.txt ?? null),
    quality: Uint8Array.from(rows, () => 0),
  };
}

test("a clean block passes as it is, with whole milliseconds", () => {
  const given = columns([{ num: 1, at: now + 0.6 }, { txt: "running" }]);
  const checked = checkColumns(1, given, []);
  expect(checked.columns).toBe(given);
  expect(checked.dead).toEqual([]);
  expect([...given.sourceTs]).toEqual([now + 1, now]);
});

test("what the database could not receive becomes a dead reading in its place, between the block's own", () => {
  const given = columns([
    { num: 1 },
    { txt: "a\0b" },
    { tag: 0 },
    { txt: "x".repeat(maxText + 1) },
    { tag: 3_000_000_000, num: 2 },
  ]);
  const own = [{ seq: 12, reason: "wrong_unit" as const, raw: { unit: "psi" } }];
  const { dead, columns: rest } = checkColumns(10, given, own);
  expect(dead.map(({ seq, reason }) => [seq, reason])).toEqual([
    [11, "nul_in_text"],
    [12, "wrong_unit"],
    [13, "too_long"],
    [14, "unknown_tag"],
  ]);
  expect([...rest.tagIds]).toEqual([1, 0, 0, 0, 0]);
  expect(rest.txt).toEqual([null, null, null, null, null]);
});

test("a dead letter keeps no more than its limit, and no NUL", () => {
  expect(rawText("\0")).toBe('"\\u0000"');
  expect(rawText("x".repeat(200_000))).toHaveLength(maxRaw);
  expect(rawText(undefined)).toBe("null");
});

test("nothing from the future and nothing of another edge is shown as live", () => {
  const given = columns([
    { tag: 1, num: 1 },
    { tag: 2, num: 2 },
    { tag: 1, num: 3, at: now + 10 * 60_000 },
  ]);
  expect(liveSamples(given, now, (tag) => tag === 1)).toMatchObject({ tagIds: [1], num: [1] });
  const clean = columns([{ num: 1 }]);
  expect(liveSamples(clean, now, () => true)).toBe(clean);
});
