import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import { createWorkLoop } from "./work-loop.ts";

const paceMs = 20;
const workMs = 30;

/** Whatever was only waiting for its turn has had it. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A worker at the end of a line; how long its rounds last and how far they get is up to the test. */
async function worker() {
  const clock = new ManualClock(0);
  let committed = 0;
  let worked = 0;
  let end: ((any: boolean) => void) | undefined;
  const loop = createWorkLoop({
    name: "worker",
    clock,
    log: silentLogger,
    paceMs: () => paceMs,
    round: () => new Promise((resolve) => (end = resolve)),
    mark: () => {
      const there = committed;
      return () => worked >= there;
    },
  });
  loop.start();
  await settled();
  onTestFinished(async () => {
    const stopped = loop.stop();
    end?.(false);
    await stopped;
  });
  return {
    clock,
    loop,
    commit: (readings: number): void => void (committed += readings),
    /** Ends the round after its work; the next one has begun when this returns. */
    async round(readings: number): Promise<void> {
      clock.advance(workMs);
      worked += readings;
      end?.(readings > 0);
      await settled();
      clock.advance(paceMs);
      await settled();
    },
  };
}

test("a worker that has in each round all that was there when it began is not behind, though more always comes", async () => {
  const { loop, commit, round } = await worker();
  commit(100);
  for (let i = 0; i < 100; i++) {
    commit(100);
    await round(100);
    expect(loop.lagMs()).toBe(workMs + paceMs);
  }
});

test("a worker that falls behind has been so since the last round that had all there was when it began", async () => {
  const { clock, loop, commit, round } = await worker();
  // A thousand at once while it works, and it takes a hundred a round.
  commit(1000);
  await round(100);
  expect(loop.lagMs()).toBe(workMs + paceMs);
  for (let i = 2; i <= 9; i++) {
    await round(100);
    expect(loop.lagMs()).toBe(i * (workMs + paceMs));
  }
  // This one has them all: everything was there when it began.
  await round(100);
  expect(loop.lagMs()).toBe(workMs + paceMs);
  clock.advance(7);
  expect(loop.lagMs()).toBe(workMs + paceMs + 7);
});

test("a worker that cannot do its work is behind: to have done nothing is not to have done all", async () => {
  const { clock, loop, commit, round } = await worker();
  await round(0);
  commit(100);
  loop.wake();
  await settled();
  const began = clock.monotonic();
  for (let i = 0; i < 5; i++) {
    await round(0);
    clock.advance(1000);
    await settled();
  }
  expect(loop.lagMs()).toBe(clock.monotonic() - began + workMs + paceMs);
  await round(100);
  expect(loop.lagMs()).toBe(workMs + paceMs);
});

test("a worker that is asked to stop in the middle of a round ends with that round", async () => {
  const { loop, commit, round } = await worker();
  commit(100);
  const stopped = loop.stop();
  await round(0);
  await stopped;
});

test("a worker that rests by how long it worked begins its next round after that time, and not before", async () => {
  const clock = new ManualClock(0);
  let rounds = 0;
  let end: (any: boolean) => void = () => {};
  const loop = createWorkLoop({
    name: "worker",
    clock,
    log: silentLogger,
    paceMs: (tookMs) => tookMs * 4,
    round: () => {
      rounds += 1;
      return new Promise((resolve) => (end = resolve));
    },
    mark: () => () => true,
  });
  onTestFinished(async () => {
    const stopped = loop.stop();
    end(false);
    await stopped;
  });
  loop.start();
  await settled();
  clock.advance(workMs);
  end(true);
  await settled();
  clock.advance(workMs * 4 - 1);
  await settled();
  expect(rounds).toBe(1);
  clock.advance(1);
  await settled();
  expect(rounds).toBe(2);
});
