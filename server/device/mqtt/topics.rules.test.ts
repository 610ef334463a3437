import { describe, expect, it } from "vitest";
import { covers, matches, overlap, whyNoFilter } from "./topics.rules.ts";

const levels = (text: string) => text.split("/");

describe("topic filters (MQTT §4.7)", () => {
  it.each([
    ["hall/+/temperature", "hall/oven/temperature", true],
    ["hall/+/temperature", "hall/oven/2/temperature", false],
    ["hall/#", "hall", true],
    ["hall/#", "hall/oven/2", true],
    ["hall/+", "hall", false],
    ["#", "$SYS/uptime", false],
    ["+/uptime", "$SYS/uptime", false],
    ["$SYS/#", "$SYS/uptime", true],
  ])("%s takes %s: %s", (filter, topic, taken) => {
    expect(matches(levels(filter), levels(topic))).toBe(taken);
  });

  it.each([
    ["hall/#", "hall/+/temperature", true],
    ["hall/+", "hall/#", false],
    ["hall/+/temperature", "hall/oven/temperature", true],
    ["hall/oven", "hall/+", false],
    ["#", "$SYS/#", false],
  ])("%s covers all of %s: %s", (wide, narrow, covered) => {
    expect(covers(levels(wide), levels(narrow))).toBe(covered);
  });

  it.each([
    ["hall/+/temperature", "hall/oven/#", true],
    ["hall/#", "+/oven/2", true],
    ["hall/oven", "hall/press", false],
    ["hall/oven", "hall/oven/x", false],
    ["hall", "hall/+", false],
    ["+/x", "$SYS/x", false],
    ["#", "$SYS/x", false],
    ["$SYS/#", "$SYS/x", true],
  ])("%s and %s share a topic: %s", (one, other, shared) => {
    expect(overlap(levels(one), levels(other))).toBe(shared);
    expect(overlap(levels(other), levels(one))).toBe(shared);
  });

  it.each(["", "$share/g/a", "hall/ov#n", "hall/#/x", "hall/o+", "a/+b/c", "a\u0000"])(
    "refuses %o with a reason",
    (filter) => {
      expect(whyNoFilter(filter)).toMatch(/\w+ \w+/);
    },
  );

  it.each(["+", "#", "a/+/b/#", "/", "$SYS/#"])("takes %s", (filter) => {
    expect(whyNoFilter(filter)).toBeNull();
  });
});
