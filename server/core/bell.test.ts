import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { Bell } from "./bell.ts";
import { ManualClock } from "./clock.ts";

const never = new AbortController().signal;

test("who waits goes on when it is rung, and after its time at the latest", async () => {
  const clock = new ManualClock(0);
  const bell = new Bell();
  const rung = bell.wait(clock, 1000, never);
  bell.ring();
  await rung;
  const late = bell.wait(clock, 1000, never);
  clock.advance(1000);
  await late;
});

test("a ring before the waiting is not lost, and counts once", async () => {
  const clock = new ManualClock(0);
  const bell = new Bell();
  bell.ring();
  bell.ring();
  await bell.wait(clock, 1000, never);
  let over = false;
  const second = bell.wait(clock, 1000, never).then(() => (over = true));
  await Promise.resolve();
  expect(over).toBe(false);
  clock.advance(1000);
  await second;
});

test("an end ends the waiting, and nothing listens to it afterwards", async () => {
  const clock = new ManualClock(0);
  const bell = new Bell();
  const stop = new AbortController();
  for (let i = 0; i < 50; i++) {
    const waiting = bell.wait(clock, 1000, stop.signal);
    bell.ring();
    await waiting;
  }
  expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  const last = bell.wait(clock, 1000, stop.signal);
  stop.abort();
  await last;
});
