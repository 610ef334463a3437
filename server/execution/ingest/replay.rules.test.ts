import { describe, expect, it, test } from "vitest";
import { aTag } from "#server/edge/testing/documents.ts";
import { groupLetters, replay, saidIn } from "./replay.rules.ts";

const now = Date.UTC(2026, 10, 23, 6);
const said = (value: unknown, change: object = {}) =>
  saidIn(
    JSON.stringify({
      sourceId: 1,
      metric: "press-2/Melt",
      tagId: null,
      value,
      unit: null,
      sourceTime: now - 1000,
      edgeTime: now,
      ...change,
    }),
  );
const of = (value: unknown, change: object = {}) => {
  const letter = said(value, change);
  if (letter === null) throw new Error("no letter");
  return letter;
};

describe("a letter that is judged once more", () => {
  it("is scaled and converted as the tag says now", () => {
    const tag = aTag({ scale: 0.1, unit: "°C" });
    expect(replay(of(2315), tag, now)).toMatchObject({ dead: null, num: 231.5, at: now - 1000 });
    expect(replay(of(212, { unit: "°F" }), aTag({ unit: "°C" }), now)).toMatchObject({
      num: 100,
    });
  });

  it("stays dead with its reason where the tag still does not fit", () => {
    expect(replay(of(900), aTag({ high: 400 }), now)).toEqual({ dead: "out_of_range" });
    expect(replay(of(3, { unit: "bar" }), aTag({ unit: "°C" }), now)).toEqual({ dead: "wrong_unit" });
    expect(replay(of(3, { sourceTime: now + 3_600_000 }), aTag(), now)).toEqual({ dead: "time_in_future" });
    expect(replay(of(3, { sourceTime: "yesterday" }), aTag(), now)).toEqual({ dead: "unreadable" });
    expect(replay(of("NaN"), aTag(), now)).toEqual({ dead: "wrong_type" });
  });

  it("gets its word where a code had none before", () => {
    const tag = aTag({ datatype: "text", meaning: "state", unit: null, words: { 3: "running" } });
    expect(replay(of(3), tag, now)).toMatchObject({ txt: "running" });
    expect(replay(of(4), tag, now)).toEqual({ dead: "wrong_type" });
  });

  it("keeps every digit of a 64-bit count", () => {
    const tag = aTag({ meaning: "good", unit: null, high: null });
    expect(replay(of("9007199254740993"), tag, now)).toMatchObject({ txt: "9007199254740993" });
    expect(replay(of("12"), tag, now)).toMatchObject({ num: 12 });
  });

  it("that the database wrote is converted already, and is not scaled twice", () => {
    const letter = saidIn(
      JSON.stringify({ tagId: 11, sourceTime: now, edgeTime: now, value: "231.5", quality: 1 }),
    );
    expect(letter).toMatchObject({ metric: null, tagId: 11 });
    if (letter === null) return;
    expect(replay(letter, aTag({ scale: 0.1 }), now)).toMatchObject({ num: 231.5, quality: 1 });
  });
});

test("a frame, a cut text and an unreadable message are no readings", () => {
  expect(saidIn("AAAA")).toBeNull();
  expect(saidIn('{"sourceId":1,"metric":"m"')).toBeNull();
  expect(saidIn('{"sourceId":1,"reason":"no JSON","bytes":3,"shown":"abc"}')).toBeNull();
  expect(saidIn("null")).toBeNull();
});

test("letters of one metric and reason are one group, with the newest as example", () => {
  const letter = (id: number, value: number, change: object = {}) => ({
    id,
    edgeId: 1,
    edgeCode: "edge-1",
    tagId: null,
    tagName: null,
    machineCode: null,
    reason: "unknown_tag",
    raw: JSON.stringify({ sourceId: 1, metric: "m", value, sourceTime: now }),
    firstSeen: now - id,
    lastSeen: now + id,
    times: 2,
    ...change,
  });
  const frame = { raw: "AAAA", reason: "frame_checksum", lastSeen: now + 100 };
  const groups = groupLetters([letter(3, 30), letter(2, 20), letter(1, 0, frame)]);
  expect(
    groups.map(({ reason, letters, times, ids, replayable }) => [reason, letters, times, ids, replayable]),
  ).toEqual([
    ["frame_checksum", 1, 2, [1], false],
    ["unknown_tag", 2, 4, [3, 2], true],
  ]);
  expect(groups[1]?.example).toContain('"value":30');
  expect([groups[1]?.firstSeen, groups[1]?.lastSeen]).toEqual([now - 3, now + 3]);
});
