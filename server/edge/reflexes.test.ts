import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Clock, ManualClock, systemClock } from "#server/core/clock.ts";
import { silentLogger } from "#server/core/log.ts";
import type { WriteResult } from "#server/device/driver.contract.ts";
import { Reflexes } from "./reflexes.ts";
import { aReflex } from "./testing/documents.ts";

const now = (change: Partial<ReturnType<typeof aReflex>["condition"]>) =>
  aReflex({ condition: { op: ">", value: 260, forMs: 0, hysteresis: 5, ...change } });

describe("reflexes at work", () => {
  function atWork(results: WriteResult["result"][] = ["accepted"], clock: Clock = systemClock) {
    const log: string[] = [];
    const reflexes = new Reflexes({
      clock,
      log: silentLogger,
      write: async (tagId, value) => {
        log.push(`write ${tagId} ${value}`);
        const result = results.shift() ?? "accepted";
        return result === "accepted" ? { result } : { result, reason: "no link" };
      },
      journal: (reflex, _at, data) =>
        log.push(`journal ${reflex.id} ${String(data["change"])} ${String(data["result"])}`),
    });
    return { reflexes, log };
  }

  it("writes first and journals after, without any disk or server", async () => {
    const { reflexes, log } = atWork();
    reflexes.load([now({})]);
    reflexes.onValue(11, 261, 0, 1);
    expect(log).toEqual(["write 15 true"]);
    await vi.waitFor(() =>
      expect(log).toEqual(["write 15 true", "journal over-temperature raised accepted"]),
    );
    reflexes.onValue(11, 270, 0, 2);
    reflexes.onValue(11, 250, 0, 3);
    expect(log.slice(2)).toEqual(["journal over-temperature cleared undefined"]);
    reflexes.stop();
  });

  it("asks again for a stop that was not taken, while the condition holds", async () => {
    const { reflexes, log } = atWork(["unknown", "refused", "accepted"]);
    reflexes.load([now({})]);
    reflexes.onValue(11, 261, 0, 1);
    await vi.waitFor(() => expect(log.at(-1)).toBe("journal over-temperature raised accepted"), {
      timeout: 3000,
    });
    expect(log.filter((line) => line.startsWith("write"))).toHaveLength(3);
    reflexes.stop();
  });

  it("goes on where it stands when a new document leaves it as it was, and forgets it when it is gone", async () => {
    const { reflexes, log } = atWork();
    reflexes.load([now({})]);
    reflexes.onValue(11, 261, 0, 1);
    reflexes.load([now({}), aReflex({ id: "other", tagId: 99 })]);
    reflexes.onValue(11, 262, 0, 2);
    expect(log.filter((line) => line.startsWith("write"))).toHaveLength(1);
    expect(reflexes.blocking(2)).toEqual(["over-temperature"]);
    reflexes.load([]);
    expect(reflexes.blocking(2)).toEqual([]);
  });

  it("becomes due although the machine falls silent", async () => {
    const { reflexes, log } = atWork();
    const soon = aReflex({ condition: { op: ">", value: 260, forMs: 30, hysteresis: 5 } });
    reflexes.load([soon]);
    reflexes.onValue(11, 261, 0, 1);
    expect(log).toEqual([]);
    await vi.waitFor(() => expect(log[0]).toBe("write 15 true"));
    reflexes.stop();
  });

  it("that only reports does not block remote changes", () => {
    const { reflexes } = atWork();
    reflexes.load([aReflex({ ...now({}), action: "report" })]);
    reflexes.onValue(11, 261, 0, 1);
    expect(reflexes.blocking(2)).toEqual([]);
  });

  it("that only reports writes nothing, though a stop is named for the day it may", async () => {
    const { reflexes, log } = atWork();
    reflexes.load([aReflex({ ...now({}), action: "report" })]);
    reflexes.onValue(11, 261, 0, 1);
    expect(log).toEqual(["journal over-temperature raised undefined"]);
  });

  it("asks for a stop that was taken no second time", async () => {
    const clock = new ManualClock(0);
    const { reflexes, log } = atWork(["accepted"], clock);
    reflexes.load([now({})]);
    reflexes.onValue(11, 261, 0, 1);
    await vi.waitFor(() => expect(log).toHaveLength(2));
    await passed(clock, 10_000);
    expect(log.filter((line) => line.startsWith("write"))).toHaveLength(1);
  });

  it.each([
    ["the condition is over", (reflexes: Reflexes) => reflexes.onValue(11, 200, 0, 2)],
    ["a new document has it no more", (reflexes: Reflexes) => reflexes.load([])],
    [
      "a new document has another version of it",
      (reflexes: Reflexes) => reflexes.load([{ ...now({}), version: 2 }]),
    ],
  ])("asks for a stop that was not taken no longer once %s", async (_why, happens) => {
    const clock = new ManualClock(0);
    const { reflexes, log } = atWork(["unknown"], clock);
    reflexes.load([now({})]);
    reflexes.onValue(11, 261, 0, 1);
    await vi.waitFor(() => expect(log).toHaveLength(2));
    happens(reflexes);
    await passed(clock, 10_000);
    expect(log.filter((line) => line.startsWith("write"))).toHaveLength(1);
  });

  it("that waits becomes due under a new document too, and never once that has another version or none of it", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const soon = aReflex({ condition: { op: ">", value: 260, forMs: 30, hysteresis: 5 } });
    for (const [next, writes] of [
      [[soon], 1],
      [[{ ...soon, version: 2 }], 0],
      [[], 0],
    ] as const) {
      const clock = new ManualClock(0);
      const { reflexes, log } = atWork(["accepted"], clock);
      reflexes.load([soon]);
      reflexes.onValue(11, 261, 0, 1);
      reflexes.load(next);
      clock.advance(31);
      vi.advanceTimersByTime(31);
      expect(log.filter((line) => line.startsWith("write"))).toHaveLength(writes);
      reflexes.stop();
    }
  });
});

/** Time passes, and what waited for it has its turn. */
async function passed(clock: ManualClock, ms: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}
