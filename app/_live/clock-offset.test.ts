import { expect, test } from "vitest";
import { ClockOffset } from "./clock-offset.ts";

test("the tightest round trip wins over a slow one", () => {
  const clock = new ClockOffset();
  clock.measure(1000, 1400, 6200 + 90);
  clock.measure(2000, 2010, 7005);
  expect(clock.ms).toBe(5000);
  expect(clock.errorMs).toBe(5);
});

test("a clock that was set right again is believed after eight measurements", () => {
  const clock = new ClockOffset();
  clock.measure(0, 2, 5001);
  for (let i = 0; i < 8; i++) clock.measure(i * 1000, i * 1000 + 20, i * 1000 + 10);
  expect(clock.ms).toBe(0);
});

test("before any measurement the device's own clock is taken and said to be unmeasured", () => {
  expect(new ClockOffset().ms).toBe(0);
  expect(new ClockOffset().errorMs).toBeNull();
});
