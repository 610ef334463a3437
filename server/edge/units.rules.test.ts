import { describe, expect, it } from "vitest";
import { convert } from "./units.rules.ts";

describe("units", () => {
  it.each([
    [212, "°F", "°C", 100],
    [0, "K", "°C", -273.15],
    [1, "bar", "kPa", 100],
    [90, "min", "h", 1.5],
    [1, "m³/h", "l/min", 1000 / 60],
    [50, "%", "1", 0.5],
    [1, "in", "mm", 25.4],
  ])("%d %s is so much %s", (value, from, to, expected) => {
    expect(convert(value, from, to)).toBeCloseTo(expected, 9);
    expect(convert(expected, to, from)).toBeCloseTo(value, 9);
  });

  it("knows no way from a temperature to a pressure", () => {
    expect(convert(1, "°C", "bar")).toBeNull();
  });
});
