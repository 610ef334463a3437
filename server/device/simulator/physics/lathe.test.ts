import { expect, test } from "vitest";
import { deflectionMm, drawing, Lathe } from "./lathe.ts";
import { gridMs, Plant, type Sample } from "./plant.ts";

const speed = 20;

function plant(): Plant {
  return new Plant({ seed: 1, speed, startAt: 1_764_000_000_000 });
}

/** Runs the plant for so many minutes of its own time. */
function run(plant: Plant, minutes: number): Sample[] {
  const until = plant.at + (minutes * 60_000) / speed;
  const samples: Sample[] = [];
  while (plant.at + gridMs <= until) samples.push(...plant.advanceTo(plant.at + 1000));
  return samples;
}

function lathe(plant: Plant): Lathe {
  const machine = plant.machines.get("cnc-1");
  if (!(machine instanceof Lathe)) throw new Error("cnc-1 is no lathe");
  return machine;
}

function made(plant: Plant, minutes: number): { good: number; scrap: number; samples: Sample[] } {
  const { good, scrap } = lathe(plant);
  const samples = run(plant, minutes).filter(({ machine }) => machine === "cnc-1");
  return { good: lathe(plant).good - good, scrap: lathe(plant).scrap - scrap, samples };
}

const diameters = (samples: readonly Sample[]) =>
  samples.flatMap(({ metric, value }) => (metric.name === "Diameter" ? [Number(value)] : []));

test("a healthy lathe turns good parts for a whole shift, and takes a sister insert when one is worn", () => {
  const it = plant();
  const { good, scrap, samples } = made(it, 480);
  expect(good).toBeGreaterThan(400);
  expect(scrap / good).toBeLessThan(0.02);
  // The dimension drifts up with the insert and falls back with a new one.
  expect(Math.max(...diameters(samples))).toBeGreaterThan(drawing.nominalMm + 0.03);
  expect(Math.min(...diameters(samples))).toBeLessThan(drawing.nominalMm + 0.005);
});

test("an insert that wears on makes parts too thick, and less feed brings them back inside the tolerance", () => {
  const it = plant();
  it.startFault("cnc-1", "tool-wear");
  run(it, 25);
  const worn = made(it, 30);
  expect(worn.scrap).toBeGreaterThan(worn.good);
  expect(it.write("cnc-1", "FeedSetpoint", 70)).toBeNull();
  run(it, 3);
  const slower = made(it, 30);
  expect(slower.scrap).toBeLessThan(0.05 * slower.good);
  expect(slower.good + slower.scrap).toBeLessThan(0.85 * (worn.good + worn.scrap));
  expect(deflectionMm(1.4, 70)).toBeLessThan(drawing.toleranceMm);
});

test("a broken insert stops the lathe with its code until somebody was there", () => {
  const it = plant();
  it.startFault("cnc-1", "tool-break");
  run(it, 2);
  expect(lathe(it)).toMatchObject({ state: "fault", faultCode: "E420" });
  it.clear("cnc-1");
  run(it, 5);
  expect(lathe(it)).toMatchObject({ state: "running", faultCode: "" });
});

test("a worn insert loads the spindle more than a new one", () => {
  const it = plant();
  it.clear("cnc-1");
  const load = () =>
    Math.max(
      ...run(it, 2).flatMap(({ machine, metric, value }) =>
        machine === "cnc-1" && metric.name === "SpindleLoad" ? [Number(value)] : [],
      ),
    );
  const fresh = load();
  it.startFault("cnc-1", "tool-wear");
  run(it, 20);
  expect(load()).toBeGreaterThan(fresh + 15);
});

test("a feed outside the lathe's own limits, and one in local mode, is not obeyed", () => {
  const it = plant();
  expect(it.write("cnc-1", "FeedSetpoint", 20)).toMatch(/outside/);
  expect(it.write("cnc-1", "Diameter", 20)).toBe("not a set-point");
  it.startFault("cnc-1", "local-mode");
  expect(it.write("cnc-1", "FeedSetpoint", 90)).toMatch(/local mode/);
});
