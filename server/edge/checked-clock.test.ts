import { describe, expect, it } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { CheckedClock } from "./checked-clock.ts";
import { SkewMeter } from "./skew.ts";

const noon = 1_790_000_000_000;

describe("the edge's checked clock", () => {
  it("believes the computer while it agrees with the server", () => {
    const system = new ManualClock(noon);
    const clock = new CheckedClock(system);
    expect(clock.meet(noon + 400)).toBe(0);
    system.advance(5000);
    expect(clock.now()).toBe(noon + 5000);
  });

  it("13.1: takes the server's time when the computer is wrong by years", () => {
    const system = new ManualClock(0);
    const clock = new CheckedClock(system);
    expect(clock.meet(noon)).toBe(noon);
    system.advance(1000);
    expect(clock.tick()).toBe(0);
    expect(clock.now()).toBe(noon + 1000);
  });

  it.each([3_600_000, -3_600_000])(
    "runs on when the computer's clock jumps by %d ms, and says so once",
    (jump) => {
      const system = new ManualClock(noon);
      const clock = new CheckedClock(system);
      system.advance(1000);
      system.jumpTo(noon + 1000 + jump);
      expect(clock.now()).toBe(noon + 1000);
      expect(clock.tick()).toBe(jump);
      expect(clock.now()).toBe(noon + 1000);
      system.advance(1000);
      expect(clock.tick()).toBe(0);
      expect(clock.now()).toBe(noon + 2000);
    },
  );

  it("follows small corrections of the computer's clock", () => {
    const system = new ManualClock(noon);
    const clock = new CheckedClock(system);
    system.advance(1000);
    system.jumpTo(noon + 1040);
    expect(clock.tick()).toBe(0);
    expect(clock.now()).toBe(noon + 1040);
  });
});

it("13.1: measures a source's skew as the smallest delay of the last minutes, and forgets older ones", () => {
  const skew = new SkewMeter();
  expect(skew.skewMs).toBeNull();
  skew.add(noon + 40, noon, 0);
  skew.add(noon + 12, noon, 1000);
  skew.add(noon + 900, noon, 2000);
  expect(skew.skewMs).toBe(12);
  skew.add(noon + 3000, noon, 300_000);
  expect(skew.skewMs).toBe(12);
  skew.add(noon + 3100, noon, 600_000);
  expect(skew.skewMs).toBe(3000);
});

it("13.1: a source whose clock runs ahead is warned of beyond 1 s and uncertain beyond 5 s, at its first reading", () => {
  for (const [ahead, warned, uncertain] of [
    [900, false, false],
    [1100, true, false],
    [4900, true, false],
    [5100, true, true],
  ] as const) {
    const skew = new SkewMeter();
    skew.add(noon, noon + ahead, 0);
    expect([skew.warning !== null, skew.isUncertain], `${ahead} ms`).toEqual([warned, uncertain]);
  }
});

it("13.1: that a source's clock is behind only a whole window proves: a birth may say old values, a store late ones", () => {
  const skew = new SkewMeter();
  skew.add(noon, noon - 3_600_000, 0);
  expect([skew.warning, skew.isUncertain]).toEqual([null, false]);
  skew.add(noon + 1000, noon - 6000, 1000);
  skew.add(noon + 301_000, noon + 294_000, 301_000);
  expect([skew.warning, skew.isUncertain]).toEqual([7000, true]);
  // Set right by somebody: forgotten with its windows.
  skew.add(noon + 602_000, noon + 601_990, 602_000);
  expect([skew.warning, skew.isUncertain]).toEqual([null, false]);
});

it("13.1: what was measured against a clock that was wrong is forgotten when that clock is set", () => {
  const computer = new ManualClock(noon - 94_608_000_000);
  const clock = new CheckedClock(computer);
  const skew = new SkewMeter();
  clock.onSet = () => skew.forget();
  skew.add(clock.now(), noon, 0);
  expect([clock.checked, skew.isUncertain]).toEqual([false, true]);
  clock.meet(noon);
  expect([clock.checked, skew.isUncertain]).toEqual([true, false]);
});
