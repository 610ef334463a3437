import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RawReading } from "#server/device/driver.contract.ts";
import { aTag } from "./testing/documents.ts";
import { asSourceSays, deadRaw, hasLoneSurrogate, judge } from "./validate.rules.ts";

const now = 1_790_000_000_000;
const raw = (change: Partial<RawReading>): RawReading => ({
  metric: "press-2/MeltTemperature",
  sourceTime: now - 20,
  value: 231.5,
  quality: 0,
  ...change,
});
const text = aTag({ datatype: "text", meaning: "fault", unit: null, low: null, high: null });
const bool = aTag({ datatype: "boolean", meaning: "guard", unit: null, low: null, high: null });
const count = aTag({ meaning: "good", unit: null, low: null, high: null });

describe("a reading that may be stored", () => {
  it.each([
    ["a number", aTag(), raw({}), { num: 231.5, txt: null, quality: 0 }],
    ["a number with scale and shift", aTag({ scale: 0.1, shift: -40 }), raw({ value: 2500 }), { num: 210 }],
    ["true", bool, raw({ value: true }), { num: 1, txt: null }],
    ["false", bool, raw({ value: false }), { num: 0, txt: null }],
    ["a PLC's 1 for true", bool, raw({ value: 1 }), { num: 1 }],
    ["a text", text, raw({ value: "E42 Düse kalt" }), { num: Number.NaN, txt: "E42 Düse kalt" }],
    [
      "no value, which is never good",
      aTag(),
      raw({ value: null }),
      { num: Number.NaN, txt: null, quality: 2 },
    ],
    ["a small 64-bit integer", count, raw({ value: 42n }), { num: 42, txt: null }],
    ["2^53 - 1", count, raw({ value: 9007199254740991n }), { num: 9007199254740991, txt: null }],
    ["2^53 + 1", count, raw({ value: 9007199254740993n }), { num: Number.NaN, txt: "9007199254740993" }],
    ["the unit said twice", aTag(), raw({ unit: "°C" }), { num: 231.5 }],
    ["°F where °C is wanted", aTag(), raw({ value: 482, unit: "°F" }), { num: expect.closeTo(250, 9) }],
    ["a tag that asks for no unit", aTag({ unit: null }), raw({ unit: "furlong" }), { num: 231.5 }],
    ["five minutes in the future", aTag(), raw({ sourceTime: now + 300_000 }), { num: 231.5 }],
    ["a quality that is not good", aTag(), raw({ quality: 1 }), { num: 231.5, quality: 1 }],
  ])("%s", (_what, tag, reading, expected) => {
    expect(judge(reading, tag, now)).toMatchObject({ dead: null, ...expected });
  });
});

describe("a reading that goes to the dead letters", { timeout: 60_000 }, () => {
  it.each([
    ["NaN", aTag(), { value: Number.NaN }, "not_a_number"],
    ["Infinity", aTag(), { value: Number.POSITIVE_INFINITY }, "not_a_number"],
    ["a text for a number", aTag(), { value: "231.5" }, "wrong_type"],
    ["true for a number", aTag(), { value: true }, "wrong_type"],
    ["a number for a text", text, { value: 3 }, "wrong_type"],
    ["2 for a boolean", bool, { value: 2 }, "wrong_type"],
    ["another quantity", aTag(), { unit: "bar" }, "wrong_unit"],
    ["a unit nobody knows", aTag(), { unit: "gefühlt" }, "wrong_unit"],
    ["400.1 °C where 400 is the end", aTag(), { value: 400.1 }, "out_of_range"],
    ["a range asked in °F", aTag(), { value: 800, unit: "°F" }, "out_of_range"],
    ["a 64-bit integer over the end", aTag(), { value: 2n ** 60n }, "out_of_range"],
    ["a value that its scale makes endless", aTag({ scale: 1e300 }), { value: 1e300 }, "not_a_number"],
    ["a time in seconds", aTag(), { sourceTime: now / 1000 }, "time_in_seconds"],
    ["a clock never set", aTag(), { sourceTime: 0 }, "time_too_old"],
    ["no time", aTag(), { sourceTime: Number.NaN }, "time_too_old"],
    ["the year 2999", aTag(), { sourceTime: 32_472_144_000_000 }, "time_in_future"],
    ["six minutes in the future", aTag(), { sourceTime: now + 360_000 }, "time_in_future"],
    ["NUL in a text", text, { value: "a\u0000b" }, "nul_in_text"],
    ["half a character", text, { value: "a\uD83Db" }, "unreadable"],
    ["5 kB of text", text, { value: "x".repeat(5000) }, "too_long"],
    ["3000 characters of 2 bytes", text, { value: "ü".repeat(3000) }, "too_long"],
  ])("%s", (_what, tag, change, reason) => {
    expect(judge(raw(change), tag, now).dead).toBe(reason);
  });

  it("keeps what came in a form that PostgreSQL can hold", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 50 }),
        fc.oneof(fc.double(), fc.string({ unit: "binary" }), fc.boolean(), fc.bigInt(), fc.constant(null)),
        fc.double(),
        (metric, value, sourceTime) => {
          const kept = deadRaw(raw({ metric, value, sourceTime, unit: metric }), 1, null, now);
          const json = JSON.stringify(kept);
          expect(json).not.toMatch(/\\u0000/);
          expect(hasLoneSurrogate(JSON.stringify(JSON.parse(json)))).toBe(false);
          expect(json).not.toMatch(/\\ud[89a-f]/i);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("keeps at most 64 KiB of a very long text", () => {
    const kept = deadRaw(raw({ value: "\u0001".repeat(1_000_000) }), 1, 11, now);
    expect(JSON.stringify(kept).length).toBeLessThan(65_536);
  });
});

describe("a value on its way back to the machine", () => {
  it.each([
    ["in the tag's unit", aTag(), undefined, 230, 230],
    ["in the source's unit", aTag(), "°F", 230, 446],
    ["with scale and shift", aTag({ scale: 0.1, shift: -40 }), undefined, 210, 2500],
    ["of a tag without a unit", aTag({ unit: null }), "°F", 230, 230],
    ["of another quantity: none", aTag(), "bar", 230, null],
  ])("13.1: %s", (_what, tag, unit, value, said) => {
    expect(asSourceSays(value, tag, unit)).toBe(said);
  });
});
