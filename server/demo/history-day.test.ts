import { expect, test } from "vitest";
import { plantMachines } from "#server/device/simulator/layout.ts";
import { historyDay } from "./history-day.ts";

const from = Date.UTC(2026, 10, 1, 5);
const to = from + 24 * 3_600_000;
const dayOf = (code: string, seed = 7) => {
  const machine = plantMachines.find((m) => m.code === code);
  if (machine === undefined) throw new Error(code);
  return historyDay({
    machine,
    from,
    to,
    seed,
    cycleMs: 1200,
    microStopMs: 6000,
    scrapShare: 0.02,
    levels: { MeltTemperature: [230, 1], MeltSetpoint: [230, 0] },
  });
};

test.each(plantMachines.map((m) => m.code))(
  "a past day of %s could have been said by the machine itself",
  (code) => {
    const { readings, runs, explanations } = dayOf(code);
    readings.forEach((reading, i) => expect(reading.at).toBeGreaterThanOrEqual(readings[i - 1]?.at ?? from));
    const said = readings.filter((r) => r.metric === "State").map((r) => r.at);
    // Never silent for longer than a real machine: else the past would have no data.
    said.forEach((at, i) => expect(at - (said[i - 1] ?? from)).toBeLessThanOrEqual(30_000));
    for (const metric of ["Cycles", "Good", "Scrap"]) {
      const counts = readings.filter((r) => r.metric === metric).map((r) => Number(r.value));
      counts.forEach((count, i) => expect(count).toBeGreaterThanOrEqual(counts[i - 1] ?? 0));
    }
    runs.forEach((run, i) => expect(run.start).toBe(runs[i - 1]?.end ?? from));
    for (const said of explanations) expect(said.start).toBeLessThan(said.end);
  },
);

test("a machine makes no more than its cycle allows, and the same seed is the same day", () => {
  const { readings } = dayOf("press-1");
  const cycles = Math.max(...readings.filter((r) => r.metric === "Cycles").map((r) => Number(r.value)));
  expect(cycles).toBeLessThan((to - from) / 1200);
  expect(cycles).toBeGreaterThan(0.5 * ((to - from) / 1200));
  expect(dayOf("press-1")).toEqual(dayOf("press-1"));
  expect(dayOf("press-1", 8)).not.toEqual(dayOf("press-1"));
});
