import { describe, expect, it } from "vitest";
import { convert } from "./units.rules.ts";

describe("units", () => {
  it.each([
    [212, "°F", "°C", 100],
    [98.6, "°F", "°C", 37],
    [-40, "°F", "°C", -40],
    [300, "K", "°C", 26.85],
    [0.1, "°C", "K", 273.25],
    [1, "psi", "Pa", 6894.75729316836],
    [0.3, "mm", "µm", 300],
    [7, "%", "1", 0.07],
    [123.456, "g", "kg", 0.123456],
    [3.6, "MJ", "kWh", 1],
    [0, "K", "°C", -273.15],
    [1, "bar", "kPa", 100],
    [90, "min", "h", 1.5],
    [1, "m³/h", "l/min", 1000 / 60],
    [50, "%", "1", 0.5],
    [1, "in", "mm", 25.4],
  ])(
    "13.1: %d %s is exactly so much %s: no digit of the computation is left in it",
    (value, from, to, expected) => {
      expect(convert(value, from, to)).toBe(Number(expected.toPrecision(15)));
      expect(convert(expected, to, from)).toBeCloseTo(value, 9);
    },
  );

  it("13.1: there and back is the very value, in every pair of units of a quantity", () => {
    const quantities = [
      ["°C", "°F", "K"],
      ["Pa", "hPa", "kPa", "MPa", "bar"],
      ["µm", "mm", "cm", "m", "in", "ft"],
      ["mg", "g", "kg", "t"],
      ["ms", "s", "min", "h"],
      ["l/min", "l/h", "l/s", "m³/h"],
    ];
    for (const names of quantities)
      for (const from of names)
        for (const to of names)
          for (const value of [0, 1, 23.7, 230.4, -12.5]) {
            const there = convert(value, from, to);
            expect(convert(there ?? Number.NaN, to, from), `${value} ${from} ${to}`).toBeCloseTo(value, 8);
          }
  });

  it("leaves a value in its own unit as it is to the last digit, whatever the unit is called", () => {
    expect(convert(0.1 + 0.2, "furlong", "furlong")).toBe(0.1 + 0.2);
    expect(convert(0.1 + 0.2, "°C", "°C")).toBe(0.1 + 0.2);
  });

  it("knows no way from a temperature to a pressure", () => {
    expect(convert(1, "°C", "bar")).toBeNull();
  });
});
